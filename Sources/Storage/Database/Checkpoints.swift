import Failpoints
import GRDB
import GRDBSQLite
import Glibc

/// When the write-ahead log of a file is copied into it: PASSIVE once enough pages wait, TRUNCATE when idle and the log is past
/// 64 MiB, or holds more than its disk has left. One that readers hold up is tried again after the next commits. Belongs to the writer's thread.
struct Checkpoints {
    /// 16 MiB: a page that many commits change is copied once.
    private static let maxPages: Int64 = 4_096
    /// And however little its disk has left, 1 MiB.
    private static let minPages: Int64 = 256

    /// Pages in the log, as of the last commit; SQLite writes it.
    private final class Log {
        var pages: Int32 = 0
    }

    private let log = Log()
    /// Pages that were in the log after the last checkpoint and could not be copied, or need not be again.
    private var copied: Int32 = 0

    /// Asks SQLite to tell the pages in the log after each commit. The connection must not outlive this.
    func watch(_ db: GRDB.Database) {
        sqlite3_wal_hook(db.sqliteConnection, { context, _, _, pages in
            if let context { Unmanaged<Log>.fromOpaque(context).takeUnretainedValue().pages = pages }
            return SQLITE_OK
        }, Unmanaged.passUnretained(log).toOpaque())
    }

    mutating func run(_ db: GRDB.Database, path: String, isIdle: Bool) throws {
        // After a checkpoint that was complete the log begins anew.
        if log.pages < copied { copied = 0 }
        let waiting = log.pages - copied
        let mode: GRDB.Database.CheckpointMode
        let free = WALSize.free(beside: path)
        // Copied, it may need as much again: a log that has taken the last room could never be.
        let limit = max(Checkpoints.minPages, min(Checkpoints.maxPages, free / 4_096))
        if isIdle, WALSize.bytes(of: path) > min(64 << 20, free) {
            mode = .truncate
        } else if Int64(waiting) >= limit || (isIdle && waiting > 0) {
            mode = .passive
        } else {
            return
        }
        failpoint("checkpoint.before")
        try db.checkpoint(mode)
        failpoint("checkpoint.after")
        copied = log.pages
    }
}

/// The size of a database's write-ahead log on disk.
package enum WALSize {
    package static func bytes(of path: String) -> Int64 {
        var status = stat()
        return stat(path + "-wal", &status) == 0 ? Int64(status.st_size) : 0
    }

    /// What its disk has left for this process.
    static func free(beside path: String) -> Int64 {
        var status = statvfs()
        return statvfs(path, &status) == 0 ? Int64(clamping: status.f_bavail.multipliedReportingOverflow(by: status.f_frsize).partialValue) : .max
    }
}
