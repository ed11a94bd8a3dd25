import GRDB
import GRDBSQLite
import Glibc

/// An I/O error on a writer's thread. At COMMIT nobody knows whether the data is there; at a statement SQLite may have undone what others
/// did in the same transaction; and what a failed fsync of a checkpoint has not written, a later one reports as written. A restart
/// from what is on the disk is the only way to know: the process ends at once.
enum DiskFailure {
    /// Does not return when `error` is one. What only read may go on: the disk says no, and nothing is in doubt.
    static func check(_ error: any Error, path: @autoclosure () -> String) {
        guard let error = error as? DatabaseError, error.resultCode == .SQLITE_IOERR else { return }
        let line = "fatal storage_io_error code=\(error.extendedResultCode.rawValue) file=\(path()): stopping at once, "
            + "the outcome of the last commit is on the disk\n"
        _ = Array(line.utf8).withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
        abort()
    }
}
