import Glibc
import Linux

/// The folder that holds everything a server keeps. One process owns it: the lock ends with the process. The folder itself is locked,
/// for a file in it could be deleted while its lock is held, and the next process would lock a new one.
package final class DataFolder: Sendable {
    package let path: String
    private let lock: FileDescriptor

    package var storePath: String { path + "/clairon.db" }
    package var ledgerPath: String { path + "/ledger-1.db" }

    /// Creates the folder (0700) when it is missing and takes its lock.
    ///
    /// - Throws: `StorageError.unusable` when another process owns it or others may read it.
    package init(path: String) throws {
        umask(0o077)
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw StorageError.unusable("cannot create the data folder \(path): \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw StorageError.unusable("\(path) is not a folder")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw StorageError.unusable("\(path) can be read by others: chmod 700 \(path)")
        }
        let number = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else {
            throw StorageError.unusable("cannot open \(path): \(String(cString: strerror(errno)))")
        }
        lock = FileDescriptor(owning: number)
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            throw StorageError.unusable("another clairon process owns \(path): stop it first")
        }
        self.path = path
    }
}
