internal import GRDB
package import Core
package import Segmentation

extension StoreTransaction {
    /// Who a campaign reaches: the profiles that match, by their subscriptions on the accounts.
    ///
    /// - Parameters:
    ///   - excluding: nil means nobody.
    ///   - accounts: account.id, in the order of the campaign's channels.
    /// - Throws: `InvalidInput` when a condition cannot be compiled.
    package func audience(matching: Condition, excluding: Condition?, accounts: [Int64],
                          strategy: AudienceStrategy) throws -> FrozenAudience {
        var conditions: [String] = []
        var arguments: StatementArguments = [accounts.json]
        let matching = try compile(matching, context(.audience))
        conditions.append("(\(matching.sql))")
        arguments += matching.statementArguments
        if let excluding {
            let excluding = try compile(excluding, context(.audience))
            conditions.append("NOT (\(excluding.sql))")
            arguments += excluding.statementArguments
        }
        return try audience(where: "WHERE " + conditions.joined(separator: " AND "), arguments, accounts: accounts, strategy: strategy)
    }

    /// The same for named profiles; unknown ones are left out.
    package func audience(profiles: [ProfileID], accounts: [Int64], strategy: AudienceStrategy) throws -> FrozenAudience {
        try audience(where: "WHERE p.id IN (SELECT value FROM json_each(?))",
                     [accounts.json, profiles.map(\.rawValue).json], accounts: accounts, strategy: strategy)
    }

    private func audience(where filter: String, _ arguments: StatementArguments, accounts: [Int64],
                          strategy: AudienceStrategy) throws -> FrozenAudience {
        // Returns profiles in order, each with its subscriptions on the accounts of a JSON array. Changes nothing.
        let rows = try Row.fetchCursor(db, sql: """
            SELECT p.id, s.account, s.id, s.opt_in = 1 AND s.status = 'active'
            FROM profile p LEFT JOIN subscription s ON s.profile = p.id AND s.account IN (SELECT value FROM json_each(?))
            \(filter) ORDER BY p.id
            """, arguments: arguments)
        var builder = AudienceBuilder(channels: accounts.map { store.accounts[$0]?.channel }, accounts: accounts, strategy: strategy)
        while let row = try rows.next() {
            builder.add(profile: row[0], account: row[1], subscription: row[2], isReachable: row[3] ?? false)
        }
        // Most of the file was read, and nobody reads it so again soon.
        try db.execute(sql: "PRAGMA shrink_memory")
        return builder.finish()
    }
}

/// Gathers an audience from rows that come profile by profile.
private struct AudienceBuilder {
    let strategy: AudienceStrategy
    /// The place of an account's channel in the campaign's order.
    let placeOf: [Int64: Int]
    var members: [Int64: [FrozenAudience.Member]] = [:]
    var unreached: [UInt32] = []
    var profile: UInt32?
    var pending: [(account: Int64, subscription: UInt32, isReachable: Bool)] = []

    init(channels: [Channel?], accounts: [Int64], strategy: AudienceStrategy) {
        self.strategy = strategy
        var places: [Int64: Int] = [:]
        for (account, channel) in zip(accounts, channels) where places[account] == nil {
            places[account] = channels.firstIndex(of: channel)
        }
        placeOf = places
    }

    mutating func add(profile: Int64, account: Int64?, subscription: Int64?, isReachable: Bool) {
        let profile = UInt32(truncatingIfNeeded: profile)
        if profile != self.profile { flush() }
        self.profile = profile
        if let account, let subscription {
            pending.append((account, UInt32(truncatingIfNeeded: subscription), isReachable))
        }
    }

    mutating func finish() -> FrozenAudience {
        flush()
        return FrozenAudience(members: members.mapValues { $0.sorted() }, unreached: unreached)
    }

    private mutating func flush() {
        guard let profile else { return }
        if pending.isEmpty { return unreached.append(profile) }
        var place: Int?
        if strategy == .firstReachable {
            // When no channel reaches the person now, the first one that knows them says why.
            place = pending.filter(\.isReachable).compactMap { placeOf[$0.account] }.min()
                ?? pending.compactMap { placeOf[$0.account] }.min()
        }
        for one in pending where place == nil || placeOf[one.account] == place {
            members[one.account, default: []].append(.init(subscription: one.subscription, profile: profile))
        }
        pending.removeAll(keepingCapacity: true)
    }
}
