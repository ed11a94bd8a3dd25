internal import GRDB
internal import GRDBSQLite

/// A statement that is prepared once and kept, bound and stepped by SQLite itself: what GRDB makes of arguments, rows and
/// their names costs several times what a statement of a registration does.
///
/// Lives on its connection's thread, in the closure that asked for it.
struct PreparedStatement {
    private let db: GRDB.Database
    private let handle: OpaquePointer

    init(_ sql: String, on db: GRDB.Database) throws {
        self.init(try db.cachedStatement(sql: sql), on: db)
    }

    init(_ statement: GRDB.Statement, on db: GRDB.Database) {
        self.db = db
        handle = statement.sqliteStatement
    }

    /// Runs a statement that gives no rows.
    func run<each Value: SQLBindable>(_ values: repeat each Value) throws {
        try bind(repeat each values)
        defer { sqlite3_reset(handle) }
        while try step() {}
    }

    /// What `read` makes of the first row; nil when there is none.
    func first<Found, each Value: SQLBindable>(_ values: repeat each Value, read: (SQLRow) throws -> Found) throws -> Found? {
        try bind(repeat each values)
        defer { sqlite3_reset(handle) }
        return try step() ? read(SQLRow(handle)) : nil
    }

    /// What `read` makes of each row.
    func all<Found, each Value: SQLBindable>(_ values: repeat each Value, read: (SQLRow) throws -> Found) throws -> [Found] {
        var found: [Found] = []
        try forEach(repeat each values) { found.append(try read($0)) }
        return found
    }

    func forEach<each Value: SQLBindable>(_ values: repeat each Value, read: (SQLRow) throws -> Void) throws {
        try bind(repeat each values)
        defer { sqlite3_reset(handle) }
        while try step() { try read(SQLRow(handle)) }
    }

    private func bind<each Value: SQLBindable>(_ values: repeat each Value) throws {
        var index: Int32 = 0
        for value in repeat each values {
            index += 1
            try check(value.bind(to: handle, at: index), isGood: SQLITE_OK)
        }
        assert(index == sqlite3_bind_parameter_count(handle), "every parameter has a value")
    }

    /// - Returns: whether there is a row.
    private func step() throws -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        try check(code, isGood: SQLITE_DONE)
        return false
    }

    /// The message names tables and columns, never a bound value.
    private func check(_ code: Int32, isGood good: Int32) throws {
        guard code != good else { return }
        let message = db.sqliteConnection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
        sqlite3_reset(handle)
        throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }
}

/// The current row of a statement; columns by position, from 0.
struct SQLRow {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    func int(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    func bool(_ column: Int32) -> Bool { sqlite3_column_int64(handle, column) != 0 }
    func optionalInt(_ column: Int32) -> Int64? { isNull(column) ? nil : int(column) }
    /// Empty for null.
    func text(_ column: Int32) -> String { optionalText(column) ?? "" }

    func optionalText(_ column: Int32) -> String? {
        // The pointer first: it may convert the value, and the length is of what it points to.
        guard let start = sqlite3_column_text(handle, column) else { return nil }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// Empty for null.
    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    private func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
}

/// What a statement takes as a value.
protocol SQLBindable {
    /// - Parameter index: counts from 1.
    /// - Returns: SQLite's result code.
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32
}

extension Int64: SQLBindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { sqlite3_bind_int64(statement, index, self) }
}

extension Bool: SQLBindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { sqlite3_bind_int64(statement, index, self ? 1 : 0) }
}

extension String: SQLBindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        var text = self
        return text.withUTF8 { bytes in
            // -1 is SQLITE_TRANSIENT: SQLite copies. An empty text has no address, and without one it would be a null.
            let copy = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            guard let start = bytes.baseAddress else { return sqlite3_bind_text(statement, index, "", 0, nil) }
            return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                sqlite3_bind_text(statement, index, $0, Int32(clamping: bytes.count), copy)
            }
        }
    }
}

extension Optional: SQLBindable where Wrapped: SQLBindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        self?.bind(to: statement, at: index) ?? sqlite3_bind_null(statement, index)
    }
}
