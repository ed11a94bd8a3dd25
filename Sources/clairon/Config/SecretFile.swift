import Core
import FoundationEssentials
import Glibc

/// A file with a secret in it. Files that others may read are refused.
enum SecretFile {
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    /// The whole content.
    static func read(_ path: String) throws(Unusable) -> [UInt8] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Unusable(description: "\(path): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw Unusable(description: "\(path): others may read it: chmod 600 \(path)")
        }
        guard let data = try? Data(contentsOf: URL(filePath: path)), !data.isEmpty else {
            throw Unusable(description: "\(path): is empty or cannot be read")
        }
        return Array(data)
    }

    /// A one-line secret, without the line end an editor leaves.
    static func line(_ path: String) throws(Unusable) -> String {
        let bytes = try read(path)
        let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
        guard let text = String(validating: line, as: UTF8.self), !text.isEmpty,
            bytes.dropFirst(line.count).allSatisfy({ $0 == 0x0A || $0 == 0x0D })
        else { throw Unusable(description: "\(path): must hold one line of text") }
        return text
    }
}
