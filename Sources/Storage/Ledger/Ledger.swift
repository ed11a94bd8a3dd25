internal import GRDB
package import Core
package import Linux

/// ledger-*.db: what happened to every recipient of every run, and why. Its writer sees clairon.db read-only as `app`, so
/// that consent is checked in the transaction that claims a recipient.
///
/// The calls that senders make all day take a completion, which runs on the writer's thread after the COMMIT and must only
/// hand over; the others are async. Each is one transaction unless it says otherwise.
package final class Ledger: Sendable {
    package let file: DatabaseFile
    /// The configured accounts by their row in the store.
    package let accounts: [Int64: Account]
    package let hash: SipHash
    package let time: any TimeSource

    package typealias Completion<Value> = @Sendable (Result<Value, any Error>) -> Void

    /// - Precondition: the store of the same folder is open (its file exists and is migrated).
    package init(folder: DataFolder, store: Store) throws {
        file = try DatabaseFile(path: folder.ledgerPath, schema: .ledger, secureDelete: false,
                                attaching: ["app": folder.storePath], writerAttaches: ["app"], time: store.time)
        accounts = store.accounts
        hash = store.hash
        time = store.time
    }

    package var now: Timestamp { Timestamp(milliseconds: time.wallMilliseconds) }

    package func close() throws { try file.close() }

    func read<Value: Sendable>(_ body: @escaping @Sendable (LedgerTransaction) throws -> Value) async throws -> Value {
        try await file.read { [now] db in try body(LedgerTransaction(db: db, now: now)) }
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (LedgerTransaction) throws -> Value) async throws -> Value {
        try await file.writer.write { [now] db in try body(LedgerTransaction(db: db, now: now)) }
    }

    /// Returns when every transaction is over that may have seen clairon.db as it was before the call: a pause or an opt-out that was
    /// committed before is known to all that follow, and what may leave all the same is `sending`.
    package func fence() async {
        await withUnsafeContinuation { continuation in
            // Without a disk nothing becomes `sending` either.
            file.writer.submitUrgent({ _ in }, completion: { _ in continuation.resume() })
        }
    }

    func submit<Value: Sendable>(at now: Timestamp, _ body: @escaping @Sendable (LedgerTransaction) throws -> Value,
                                 completion: @escaping Completion<Value>) {
        file.writer.submit({ db in try body(LedgerTransaction(db: db, now: now)) }, completion: completion)
    }
}

/// The ledger as one transaction sees it. What it can do is in one file for each step of a delivery's life.
///
/// Lives on the database's own thread and only as long as the closure it is given to.
struct LedgerTransaction {
    let db: GRDB.Database
    let now: Timestamp

    func statement(_ sql: String) throws -> PreparedStatement { try PreparedStatement(sql, on: db) }

    func row(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Row? {
        try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }

    func rows(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> [Row] {
        try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
    }

    /// The first column of every row, as whole numbers.
    func numbers(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> [Int64] {
        try Int64.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
    }

    /// The one number that a query of aggregates returns; zero for null.
    func count(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Int {
        try Int.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) ?? 0
    }

    /// - Returns: how many rows the statement changed.
    @discardableResult
    func run(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Int {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
        return db.changesCount
    }
}

extension Sequence<Int64> {
    /// The numbers as a JSON array, for `json_each`: one bound value, one prepared statement, however many they are.
    var json: String {
        var text = "["
        for number in self { text += text.utf8.count > 1 ? ",\(number)" : "\(number)" }
        return text + "]"
    }
}
