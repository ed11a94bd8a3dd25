import Glibc
import Linux

/// Writes files that only their owner may read.
enum SecretFile {
    /// Replaces the file; mode 0600 from its first byte.
    static func write(_ bytes: [UInt8], to path: String) throws(Errno) {
        unlink(path)
        let file = try open(path, O_WRONLY | O_CREAT | O_EXCL)
        try append(bytes, to: file)
    }

    /// A file to append to, made when it is not there.
    static func appending(to path: String) throws(Errno) -> FileDescriptor {
        try open(path, O_WRONLY | O_CREAT | O_APPEND)
    }

    private static func open(_ path: String, _ flags: Int32) throws(Errno) -> FileDescriptor {
        let number = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw .last("open") }
        return FileDescriptor(owning: number)
    }

    /// Writes everything; with O_APPEND one write of a line is never torn by another.
    static func append(_ bytes: [UInt8], to file: borrowing FileDescriptor) throws(Errno) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(file.rawValue, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR { continue }
                throw .last("write")
            }
            rest = rest.dropFirst(written)
        }
    }

    /// Makes a folder that only its owner may enter; one that is there already is taken as it is.
    static func makeFolder(_ path: String) throws(Errno) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .last("mkdir") }
    }
}
