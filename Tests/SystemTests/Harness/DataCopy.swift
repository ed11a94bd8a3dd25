import Foundation
import GRDB

/// Copies of a data folder's databases, made while no server runs. The originals are not touched: opening them would already
/// recover their logs.
final class DataCopy {
    private let ledger: DatabaseQueue
    private let folder: TemporaryFolder

    init(of dataFolder: String) throws {
        folder = try TemporaryFolder()
        for name in ["clairon.db", "ledger-1.db"] {
            // The -shm file is an index of the -wal file and made anew.
            for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: "\(dataFolder)/\(name)\(suffix)") {
                try FileManager.default.copyItem(atPath: "\(dataFolder)/\(name)\(suffix)", toPath: "\(folder.path)/\(name)\(suffix)")
            }
        }
        ledger = try DatabaseQueue(path: folder.path + "/ledger-1.db")
        try ledger.writeWithoutTransaction { try $0.execute(sql: "ATTACH ? AS app", arguments: [folder.path + "/clairon.db"]) }
    }

    /// Copies the log into a file that no server uses, and deletes it: what is in the log would be read instead of the file.
    static func checkpoint(_ file: String) throws {
        let database = try DatabaseQueue(path: file)
        try database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try database.close()
    }

    /// Writes over the root page of a table. No server runs.
    static func damage(_ table: String, in file: String) throws {
        try checkpoint(file)
        let database = try DatabaseQueue(path: file)
        let place = try database.read { db in
            let page = try Int.fetchOne(db, sql: "SELECT rootpage FROM sqlite_schema WHERE name = ?", arguments: [table]) ?? 0
            return (page - 1) * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
        }
        try database.close()
        let handle = try FileHandle(forUpdating: URL(filePath: file))
        try handle.seek(toOffset: UInt64(place))
        try handle.write(contentsOf: Data(repeating: 0xA5, count: 512))
        try handle.close()
    }

    /// Rows in a state, by channel.
    func count(in state: String) throws -> [String: Int] {
        try ledger.read { db in
            try Row.fetchAll(db, sql: "SELECT channel, count(*) AS n FROM delivery WHERE state = ? GROUP BY channel", arguments: [state])
                .reduce(into: [:]) { $0[$1["channel"] as String] = $1["n"] }
        }
    }

    struct Record {
        let recipient: Recipient
        let state: String
        let reason: String?
    }

    /// Every delivery with the address it goes to; all belong to one run.
    func records() throws -> [Record] {
        try ledger.read { db in
            try Row.fetchAll(db, sql: """
                SELECT d.channel, s.address, d.state, d.reason FROM delivery d JOIN app.subscription s ON s.id = d.subscription
                """).map { Record(recipient: Recipient(channel: $0["channel"], address: $0["address"]), state: $0["state"], reason: $0["reason"]) }
        }
    }

    /// Rows of the one run, and the members of its chunks that have none yet.
    func rowsAndMembers() throws -> (audience: Int, rows: Int, members: Int, runs: Int) {
        try ledger.read { db in
            (try Int.fetchOne(db, sql: "SELECT sum(audience) FROM run") ?? 0, try Int.fetchOne(db, sql: "SELECT count(*) FROM delivery") ?? 0,
             try Int.fetchOne(db, sql: "SELECT ifnull(sum(count), 0) FROM chunk") ?? 0, try Int.fetchOne(db, sql: "SELECT count(*) FROM run") ?? 0)
        }
    }

    /// What `PRAGMA integrity_check` says of each file; `ok` when all is well.
    func integrity() throws -> [String] {
        try ledger.read { db in
            try ["main", "app"].flatMap { try String.fetchAll(db, sql: "PRAGMA \($0).integrity_check") }
        }
    }
}
