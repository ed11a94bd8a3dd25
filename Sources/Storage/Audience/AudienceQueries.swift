internal import GRDB
package import Core
package import Segmentation

/// How many people a condition holds for, and how many of them a message can reach now.
package struct AudienceEstimate: Sendable, Equatable {
    package let profiles: Int
    /// Profiles with an opted-in, valid subscription on a configured account, per channel.
    package let reachable: [Channel: Int]
}

/// Whether one statement of a condition holds for one profile.
package struct LeafVerdict: Sendable, Equatable {
    package let leaf: Condition.Leaf
    package let holds: Bool
}

/// Reads only: conditions over campaigns look into the ledger, which the writer does not see.
extension StoreTransaction {
    /// - Throws: `InvalidInput` when the condition cannot be compiled.
    package func estimate(_ condition: Condition) throws -> AudienceEstimate {
        let fragment = try compile(condition, context(.audience))
        // Returns the number of profiles a condition holds for. Changes nothing.
        let profiles = try Int.fetchOne(db, sql: "SELECT count(*) FROM profile p WHERE (\(fragment.sql))", arguments: fragment.statementArguments)
        let accounts = store.accounts.keys.sorted().map(String.init).joined(separator: ", ")
        // Returns the number of profiles with a usable subscription, per channel. Changes nothing.
        let rows = try Row.fetchAll(db, sql: """
            SELECT s.channel AS channel, count(DISTINCT s.profile) AS people
            FROM profile p JOIN subscription s ON s.profile = p.id
            WHERE s.opt_in = 1 AND s.status = 'active' AND s.account IN (\(accounts)) AND (\(fragment.sql)) GROUP BY s.channel
            """, arguments: fragment.statementArguments)
        var reachable: [Channel: Int] = [:]
        for row in rows { if let channel = Channel(rawValue: row["channel"]) { reachable[channel] = row["people"] } }
        return AudienceEstimate(profiles: profiles ?? 0, reachable: reachable)
    }

    /// The people a condition holds for, by rising row, `limit` rows above the row `after`.
    ///
    /// - Throws: `InvalidInput` when the condition cannot be compiled.
    package func members(of condition: Condition, after: Int64 = 0, limit: Int) throws -> [(id: ProfileID, externalID: String)] {
        let fragment = try compile(condition, context(.audience))
        let arguments: StatementArguments = [after]
        // Returns one page of the profiles a condition holds for. Changes nothing.
        return try Row.fetchAll(db, sql: """
            SELECT p.id AS id, p.external_id AS external_id FROM profile p WHERE p.id > ? AND (\(fragment.sql)) ORDER BY p.id LIMIT ?
            """, arguments: arguments + fragment.statementArguments + [limit])
            .map { (ProfileID(rawValue: $0["id"]), $0["external_id"]) }
    }

    /// The verdict on the whole condition and on each of its statements.
    ///
    /// - Throws: `InvalidInput` when the condition cannot be compiled.
    package func explain(_ condition: Condition, for profile: ProfileID) throws -> (matches: Bool, leaves: [LeafVerdict]) {
        let leaves = try condition.leaves.map { LeafVerdict(leaf: $0, holds: try holds($0.condition, for: profile)) }
        return (try holds(condition, for: profile), leaves)
    }

    private func holds(_ condition: Condition, for profile: ProfileID) throws -> Bool {
        let fragment = try compile(condition, context(.profile))
        // Returns whether a condition holds for one profile. Changes nothing.
        return try Bool.fetchOne(db, sql: "SELECT \(fragment.sql) FROM profile p WHERE p.id = ?",
                                 arguments: fragment.statementArguments + [profile.rawValue]) ?? false
    }

    /// Compiles without running, to learn whether a condition can be.
    ///
    /// - Throws: `InvalidInput`.
    package func check(_ condition: Condition) throws { _ = try compile(condition, context(.audience)) }

    func context(_ purpose: CompilationContext.Purpose) -> CompilationContext {
        CompilationContext(now: now, purpose: purpose) { id in
            // A stored segment was checked when it was written; one that no longer reads is as good as missing.
            (try? segment(id)).flatMap { Condition($0.condition, errors: FieldErrors()) }
        }
    }
}

extension SQLFragment {
    var statementArguments: StatementArguments {
        StatementArguments(arguments.map { argument -> (any DatabaseValueConvertible)? in
            switch argument {
            case .null: nil
            case .int(let value): value
            case .double(let value): value
            case .text(let value): value
            }
        })
    }
}
