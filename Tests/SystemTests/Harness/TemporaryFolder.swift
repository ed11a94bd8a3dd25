import FoundationEssentials
import Glibc
import Linux

/// A folder that goes with its last reference.
final class TemporaryFolder {
    let path: String
    private var count = 0

    init() throws {
        var template = Array("/tmp/clairon-system-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno.last("mkdtemp") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        // To look at what a failing test has left.
        guard getenv("CLAIRON_KEEP") == nil else { return }
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A path in it that nobody has yet.
    func fresh(_ name: String) -> String {
        count += 1
        return "\(path)/\(count)-\(name)"
    }

    /// Writes a file that only its owner may read.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let file = name.hasPrefix("/") ? name : path + "/" + name
        try Data(text.utf8).write(to: URL(filePath: file))
        guard chmod(file, 0o600) == 0 else { throw Errno.last("chmod") }
        return file
    }
}
