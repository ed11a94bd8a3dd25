internal import GRDB
package import Core

/// clairon.db as one transaction sees it: a snapshot when it reads, all or nothing when it writes. What it can do is in one
/// file of queries for each noun, so that several of them (an effect and the record of its answer) make one commit.
///
/// Lives on the database's own thread and only as long as the closure it is given to.
package struct StoreTransaction {
    let db: GRDB.Database
    package let store: Store
    /// The same for everything in the transaction.
    package let now: Timestamp
    /// Of the writer; readers have none.
    private let shelf: StatementShelf?

    fileprivate init(reading db: GRDB.Database, of store: Store) {
        (self.db, self.store, now, shelf) = (db, store, store.now, nil)
    }

    fileprivate init(writing db: GRDB.Database, to store: Store) {
        (self.db, self.store, now, shelf) = (db, store, store.now, store.file.writer.statements)
    }

    func row(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Row? {
        try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }

    /// For statements that run all the time.
    func statement(_ sql: StaticString) throws -> PreparedStatement {
        guard let shelf else { return try PreparedStatement("\(sql)", on: db) }
        return PreparedStatement(try shelf.statement(sql, on: db), on: db)
    }

    func rows(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> [Row] {
        try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
    }

    /// - Returns: how many rows the statement itself changed.
    @discardableResult
    func run(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Int {
        let statement = try db.cachedStatement(sql: sql)
        try statement.execute(arguments: arguments)
        return db.changesCount
    }
}

extension Store {
    /// Reads one snapshot; keep it under a second.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (StoreTransaction) throws -> Value) async throws -> Value {
        try await file.read { [self] db in try body(StoreTransaction(reading: db, of: self)) }
    }

    /// The same for a thread that may block.
    package func readNow<Value>(_ body: (StoreTransaction) throws -> Value) throws -> Value {
        try file.readNow { db in try body(StoreTransaction(reading: db, of: self)) }
    }

    /// Runs `body` in one transaction and returns once it is durable; what it throws undoes all of it.
    ///
    /// - Parameter bytes: of the request it comes from.
    package func write<Value: Sendable>(bytes: Int = 0, _ body: @escaping @Sendable (StoreTransaction) throws -> Value) async throws -> Value {
        try await file.writer.write(bytes: bytes) { [self] db in try body(StoreTransaction(writing: db, to: self)) }
    }

    /// The same for callers that own a thread: `completion` runs on the writer's thread and must only hand over.
    package func submit<Value: Sendable>(_ body: @escaping @Sendable (StoreTransaction) throws -> Value,
                                         completion: @escaping @Sendable (Result<Value, any Error>) -> Void) {
        file.writer.submit({ [self] db in try body(StoreTransaction(writing: db, to: self)) }, completion: completion)
    }

    /// For bulk work, of which nobody waits for one piece (`Writer.feed`).
    package func feed<Value: Sendable>(bytes: Int = 0, _ body: @escaping @Sendable (StoreTransaction) throws -> Value, ran: (@Sendable () -> Void)?,
                                       completion: @escaping @Sendable (Result<Value, any Error>) -> Void) {
        file.writer.feed(bytes: bytes, { [self] db in try body(StoreTransaction(writing: db, to: self)) }, ran: ran, completion: completion)
    }

    /// The same, for the last piece or the only one: returns once it is durable, and all that was fed before it.
    package func feed<Value: Sendable>(bytes: Int = 0, _ body: @escaping @Sendable (StoreTransaction) throws -> Value) async throws -> Value {
        try await withUnsafeThrowingContinuation { continuation in
            feed(bytes: bytes, body, ran: nil, completion: { continuation.resume(with: $0) })
        }
    }

    /// Takes room for bulk work (`Writer.reserve`).
    package func reserve(_ bytes: Int) async { await file.writer.reserve(bytes) }

    package func giveBack(_ bytes: Int) { file.writer.giveBack(bytes) }

    /// The same for start-up and commands, which have no async context.
    package func writeNow<Value: Sendable>(_ body: @escaping @Sendable (StoreTransaction) throws -> Value) throws -> Value {
        try file.writer.writeNow { [self] db in try body(StoreTransaction(writing: db, to: self)) }
    }
}

extension SipHash {
    /// The hash that an index holds for an external id or an address.
    func index(_ text: String) -> Int64 { Int64(bitPattern: hash(text)) }

    /// 0..9999: the same for a person on every day, another on every installation.
    func bucket(of externalID: String) -> Int64 { Int64(hash("bucket/" + externalID) % 10_000) }
}

extension JSONValue {
    /// A stored JSON column; a damaged one reads as null.
    init(stored text: String?) { self = text.flatMap { try? JSONValue(parsing: Array($0.utf8)) } ?? .null }
}
