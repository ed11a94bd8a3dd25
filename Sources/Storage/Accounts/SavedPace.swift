internal import GRDB
package import Core

/// What an account has learnt of its provider's limits.
package struct SavedPace: Sendable, Equatable {
    /// Messages per second; nil when nothing was lowered.
    package var perSecond: Double?
    /// The provider asked us to wait until then.
    package var blockedUntil: Timestamp?

    package init(perSecond: Double? = nil, blockedUntil: Timestamp? = nil) {
        self.perSecond = perSecond
        self.blockedUntil = blockedUntil
    }
}

extension StoreTransaction {
    /// By the account's row.
    package func paces() throws -> [Int64: SavedPace] {
        // Returns what is saved of each account. Changes nothing.
        let rows = try rows("SELECT account, per_second, blocked_until FROM account_pace")
        return Dictionary(uniqueKeysWithValues: rows.map { row in
            (row[0], SavedPace(perSecond: row[1], blockedUntil: (row[2] as Int64?).map(Timestamp.init(milliseconds:))))
        })
    }

    package func save(_ pace: SavedPace, account: Int64) throws {
        // Returns nothing. Replaces what is saved of an account.
        try run("""
            INSERT INTO account_pace (account, per_second, blocked_until, updated_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (account) DO UPDATE SET per_second = ?2, blocked_until = ?3, updated_at = ?4
            """, [account, pace.perSecond, pace.blockedUntil?.milliseconds, now.milliseconds])
    }
}
