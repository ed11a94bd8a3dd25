import GRDB
import GRDBSQLite
import Glibc

/// A page that is not what was written, or a file that is no database. Whatever goes on upon it spreads it, and every restart would
/// send again what the last one had under way: the process ends at once, and its exit code tells the service manager to leave it so.
enum Damage {
    /// EX_DATAERR of sysexits.h.
    private static let exitCode: Int32 = 65

    /// Does not return when `error` says that a file is damaged.
    static func check(_ error: any Error, path: @autoclosure () -> String) {
        guard let error = error as? DatabaseError, [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) else { return }
        let line = "fatal storage_damaged code=\(error.extendedResultCode.rawValue) file=\(path()): it, or the database beside it, is not what was written: "
            + "stopping, restore the folder from a backup\n"
        _ = Array(line.utf8).withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
        _exit(exitCode)
    }
}

extension GRDB.Database {
    /// The path of its main file.
    var mainPath: String { sqlite3_db_filename(sqliteConnection, nil).map { String(cString: $0) } ?? "" }
}
