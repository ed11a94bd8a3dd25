internal import GRDB
package import Core

extension StoreTransaction {
    /// A profile's history, newest first, `limit` rows below the row `before`.
    package func consents(of profile: ProfileID, before: Int64? = nil, limit: Int) throws -> [Consent] {
        // Returns one page of a profile's consent rows. Changes nothing.
        try rows("""
            SELECT c.*, a.name AS account_name FROM consent c JOIN account a ON a.id = c.account
            WHERE c.profile = ? AND c.id < ? ORDER BY c.id DESC LIMIT ?
            """, [profile.rawValue, before ?? .max, limit]).compactMap(Consent.init(row:))
    }

    /// When the owner last refused through this subscription.
    func lastWithdrawal(of subscription: SubscriptionID, by profile: ProfileID) throws -> Timestamp? {
        // Returns the time of the last withdrawal, or null. Changes nothing.
        let row = try row("""
            SELECT max(at) AS at FROM consent WHERE subscription = ? AND profile = ? AND state = 'withdrawn'
            """, [subscription.rawValue, profile.rawValue])
        return (row?["at"] as Int64?).map(Timestamp.init(milliseconds:))
    }

    /// Adds to the history. A decision that is there already (same time, source and state) is not added again.
    func record(_ state: Consent.State, _ proof: ConsentProof, of subscription: Subscription) throws {
        // Returns nothing. Adds one consent row unless the same decision is there.
        try run("""
            INSERT INTO consent (profile, subscription, channel, account, address_hash, state, source, text, topics, evidence,
                                 at, recorded_at)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12
            WHERE NOT EXISTS (SELECT 1 FROM consent WHERE subscription = ?2 AND profile = ?1 AND state = ?6 AND source = ?7
                              AND at = ?11 AND topics IS ?9)
            """, [subscription.profile.rawValue, subscription.id.rawValue, subscription.channel.rawValue, subscription.accountRow,
                  store.hash.index(subscription.identity), state.rawValue, proof.source, proof.text, proof.topicsJSON,
                  proof.evidenceJSON, min(proof.at ?? now, now).milliseconds, now.milliseconds])
    }
}

extension Consent {
    /// Nil for a channel that this version does not know.
    init?(row: Row) {
        guard let channel = Channel(rawValue: row["channel"]), let state = State(rawValue: row["state"]) else { return nil }
        let subscription: Int64? = row["subscription"]
        id = row["id"]
        self.subscription = subscription.map(SubscriptionID.init(rawValue:))
        self.channel = channel
        account = row["account_name"]
        self.state = state
        at = Timestamp(milliseconds: row["at"])
        recordedAt = Timestamp(milliseconds: row["recorded_at"])
        proof = ConsentProof(source: row["source"], text: row["text"], at: at,
                             topics: JSONValue(stored: row["topics"]).array?.compactMap(\.string),
                             evidence: JSONValue(stored: row["evidence"]).object)
    }
}
