import CSQLite
package import GRDB
package import Linux

/// One SQLite file: the writer that does all writes and all checkpoints, and a pool of snapshot readers.
package final class DatabaseFile: Sendable {
    package let path: String
    package let writer: Writer
    private let pool: DatabasePool

    /// Opens, migrates and verifies the file.
    ///
    /// - Parameters:
    ///   - attaching: other files as read-only schemas, `[name: path]`; the writer sees only those of `writerAttaches`.
    ///   - secureDelete: overwrite deleted content with zeros (personal data).
    ///   - maxPendingBytes: of requests that wait for the writer.
    package init(path: String, schema: Schema, secureDelete: Bool, attaching: [String: String] = [:],
                 writerAttaches: Set<String> = [], functions: [DatabaseFunction] = [], maxPendingBytes: Int = 64 << 20,
                 time: any TimeSource) throws {
        self.path = path
        var configuration = Configuration()
        configuration.label = schema == .store ? "store" : "ledger"
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.publicStatementArguments = false
        configuration.prepareDatabase { db in
            try Pragmas.set(on: db, secureDelete: secureDelete)
            for (name, path) in attaching where db.configuration.readonly || writerAttaches.contains(name) {
                try db.execute(sql: "ATTACH DATABASE ? AS \(name)", arguments: ["file:\(path)?mode=ro"])
            }
            for function in functions { db.add(function: function) }
        }
        pool = try opening(path) {
            let pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { db in
                // GRDB sets `synchronous = NORMAL` after `prepareDatabase` has run.
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try schema.migrate(db)
                try Pragmas.verify(on: db, secureDelete: secureDelete)
            }
            return pool
        }
        writer = try Writer(pool: pool, name: configuration.label ?? "writer", isBulk: schema == .ledger,
                            maxPendingBytes: maxPendingBytes, time: time)
    }

    /// Creates or upgrades a file without keeping it open, so that others can attach it.
    package static func migrate(path: String, schema: Schema) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL") }
        try opening(path) {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.inDatabase(schema.migrate)
            try queue.close()
        }
    }

    /// Reads one snapshot on a reader thread. Keep it under a second: a pinned reader makes the WAL grow.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (GRDB.Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch {
            Damage.check(error, path: path)
            throw error
        }
    }

    /// The same for a thread that may block.
    package func readNow<Value>(_ body: (GRDB.Database) throws -> Value) throws -> Value {
        do {
            return try pool.read(body)
        } catch {
            Damage.check(error, path: path)
            throw error
        }
    }

    /// Gives back the pages that the writer keeps, after something large and rare.
    package func releaseWriterMemory() async {
        // It frees what it can, and cannot fail but with the connection.
        try? await writer.write { db in try db.execute(sql: "PRAGMA shrink_memory") }
    }

    /// Ends the writer after what it has, checkpoints and closes.
    package func close() throws {
        writer.stop()
        try pool.close()
    }
}

/// Opens a file; what SQLite says of it becomes a sentence.
private func opening<Value>(_ path: String, _ open: () throws -> Value) throws -> Value {
    _ = SQLiteLibrary.configured
    do {
        return try open()
    } catch let error as DatabaseError {
        Damage.check(error, path: path)
        let advice = switch error.resultCode {
        case .SQLITE_FULL: "its disk is full: make room"
        case .SQLITE_IOERR, .SQLITE_CANTOPEN: "is its disk full, failing, or read-only?"
        default: "nothing was changed"
        }
        throw StorageError.unusable("cannot open \(path) (SQLite \(error.extendedResultCode.rawValue), \(error.message ?? "no message")): \(advice)")
    }
}

/// The settings every connection must have, read back because SQLite ignores what it does not know.
private enum Pragmas {
    static func set(on db: GRDB.Database, secureDelete: Bool) throws {
        if !db.configuration.readonly { try db.execute(sql: "PRAGMA journal_mode = WAL") }
        try db.execute(sql: """
            PRAGMA synchronous = FULL;
            PRAGMA wal_autocheckpoint = 0;
            PRAGMA journal_size_limit = 67108864;
            PRAGMA mmap_size = 0;
            PRAGMA trusted_schema = OFF;
            PRAGMA cell_size_check = ON;
            PRAGMA cache_size = \(db.configuration.readonly ? -16_384 : -65_536);
            PRAGMA temp_store = MEMORY;
            PRAGMA secure_delete = \(secureDelete ? "ON" : "OFF");
            """)
    }

    static func verify(on db: GRDB.Database, secureDelete: Bool) throws {
        let wanted: [(String, String)] = [
            ("journal_mode", "wal"), ("synchronous", "2"), ("wal_autocheckpoint", "0"), ("mmap_size", "0"),
            ("trusted_schema", "0"), ("foreign_keys", "1"), ("secure_delete", secureDelete ? "1" : "0"),
        ]
        for (name, value) in wanted {
            let row = try Row.fetchOne(db, sql: "PRAGMA \(name)")
            let found = row.flatMap { String.fromDatabaseValue($0[0] as DatabaseValue) ?? Int.fromDatabaseValue($0[0]).map(String.init) } ?? "nothing"
            guard found == value else {
                throw StorageError.unusable("PRAGMA \(name) is \(found), must be \(value): the file system or the SQLite library does not allow it")
            }
        }
    }
}

/// Settings of the library, made once before the first file is opened. One that comes too late is refused and does no harm.
private enum SQLiteLibrary {
    static let configured = csqlite_disable_memory_statistics()
}
