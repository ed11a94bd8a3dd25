import GRDB

/// The prepared statements of a writer's connection, found by where their texts lie in the program: to find one by its text, as
/// GRDB does, costs as much as a small statement.
///
/// The writer's thread alone touches it, and empties it before the connection closes.
final class StatementShelf: @unchecked Sendable {
    private var statements: [UnsafePointer<UInt8>: GRDB.Statement] = [:]

    func statement(_ sql: StaticString, on db: GRDB.Database) throws -> GRDB.Statement {
        if let known = statements[sql.utf8Start] { return known }
        let new = try db.makeStatement(sql: "\(sql)")
        statements[sql.utf8Start] = new
        return new
    }

    func empty() { statements = [:] }
}
