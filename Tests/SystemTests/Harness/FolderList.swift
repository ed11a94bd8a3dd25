import FoundationEssentials

/// What a folder holds.
enum FolderList {
    static func count(_ path: String) throws -> Int { try FileManager.default.contentsOfDirectory(atPath: path).count }
}
