internal import GRDB
package import Core

extension StoreTransaction {
    package func subscription(_ id: SubscriptionID) throws -> Subscription? {
        // Returns a subscription with its owner's external id. Changes nothing.
        try row("\(Subscription.select) WHERE s.id = ?", [id.rawValue]).flatMap(complete)
    }

    /// The subscription of an address, found by its hash and compared in full.
    ///
    /// - Parameter address: `Address.identity`.
    package func subscription(account: String, address: String) throws -> Subscription? {
        guard let account = store.accountIDs[account] else { return nil }
        // Returns the subscription of an address on an account. Changes nothing.
        return try row("\(Subscription.select) WHERE s.account = ? AND s.address_hash = ? AND s.address = ?",
                       [account, store.hash.index(address), address]).flatMap(complete)
    }

    package func subscriptions(of profile: ProfileID) throws -> [Subscription] {
        // Returns all subscriptions of a profile. Changes nothing.
        try rows("\(Subscription.select) WHERE s.profile = ? ORDER BY s.id", [profile.rawValue]).compactMap(complete)
    }

    /// Opts a subscription in or out and appends the decision to the history; one that changes nothing appends nothing.
    ///
    /// - Throws: `StorageError.notFound`.
    package func decide(_ optIn: Bool, subscription id: SubscriptionID, proof: ConsentProof) throws -> Subscription {
        guard let subscription = try subscription(id) else { throw StorageError.notFound }
        return try decide(optIn, proof, for: subscription)
    }

    /// A grant made before the person's last withdrawal is kept in the history and changes nothing else: an old list must not
    /// bring back somebody who has left. A withdrawal always counts.
    func decide(_ optIn: Bool, _ proof: ConsentProof, for subscription: Subscription) throws -> Subscription {
        let proof = proof.tidied
        let topics = proof.topics
        let isSame = optIn == subscription.optIn && (!optIn || topics == nil || topics == subscription.topics)
        guard !isSame else { return subscription }
        let withdrawal = try optIn ? lastWithdrawal(of: subscription.id, by: subscription.profile) : nil
        try record(optIn ? .granted : .withdrawn, proof, of: subscription)
        if let withdrawal, let at = proof.at, at < withdrawal { return subscription }
        // Returns nothing. Sets the opt-in of a subscription.
        try run("UPDATE subscription SET opt_in = ?, updated_at = ? WHERE id = ?", [optIn, now.milliseconds, subscription.id.rawValue])
        if !optIn { try announceOptOut(of: subscription, source: proof.source) }
        if optIn, let topics { try replaceTopics(of: subscription.id, by: topics) }
        return try self.subscription(subscription.id) ?? subscription
    }

    func replaceTopics(of id: SubscriptionID, by topics: [String]) throws {
        // Returns nothing. Removes all topics of a subscription.
        try run("DELETE FROM subscription_topic WHERE subscription = ?", [id.rawValue])
        try add(topics: topics, to: id)
    }

    func add(topics: [String], to id: SubscriptionID) throws {
        for topic in topics {
            // Returns nothing. Adds one topic of a subscription.
            try statement("INSERT OR IGNORE INTO subscription_topic (subscription, topic) VALUES (?, ?)").run(id.rawValue, topic)
        }
    }

    /// Deletes an address; an opt-in that was given ends with a withdrawal in the history.
    ///
    /// - Throws: `StorageError.notFound`.
    package func delete(subscription id: SubscriptionID, proof: ConsentProof) throws {
        guard let subscription = try subscription(id) else { throw StorageError.notFound }
        if subscription.optIn { _ = try decide(false, proof, for: subscription) }
        // Returns nothing. Removes a subscription and its topics; its history stays, without it.
        try run("DELETE FROM subscription WHERE id = ?", [id.rawValue])
    }

    /// Marks an address as dead, with the provider's own words.
    ///
    /// - Parameter since: the provider's own time of death: an address registered after it stays active.
    /// - Returns: whether the subscription was active and is no more.
    package func invalidate(subscription id: SubscriptionID, reason: String, at: Timestamp,
                            unlessRegisteredAfter since: Timestamp? = nil) throws -> Bool {
        // Returns nothing. Makes an active subscription invalid unless it was registered after a time.
        let isChanged = try run("""
            UPDATE subscription SET status = 'invalid', invalid_reason = ?, invalid_at = ?, updated_at = ?
            WHERE id = ? AND status = 'active' AND registered_at <= ?
            """, [reason, at.milliseconds, now.milliseconds, id.rawValue, since?.milliseconds ?? .max]) > 0
        if isChanged { try announceInvalid(id, reason: reason) }
        return isChanged
    }

    /// Opens the channel's free-form window, or keeps it open for longer.
    ///
    /// - Returns: false when there is no such subscription.
    package func openWindow(subscription id: SubscriptionID, until: Timestamp) throws -> Bool {
        // Returns nothing. Moves the end of the window forward.
        try run("UPDATE subscription SET window_expires_at = max(coalesce(window_expires_at, 0), ?), updated_at = ? WHERE id = ?",
                [until.milliseconds, now.milliseconds, id.rawValue]) > 0
    }

    private func complete(_ row: Row) throws -> Subscription? {
        // Returns a subscription's topics in order. Changes nothing.
        let topics = try rows("SELECT topic FROM subscription_topic WHERE subscription = ? ORDER BY topic", [row[0] as Int64])
        return Subscription(row: row, topics: topics.map { $0[0] })
    }
}

extension Subscription {
    /// Read by position: finding a column by its name costs more than the rest of the row.
    fileprivate static let select = """
        SELECT s.id, s.profile, p.external_id, s.channel, a.name, s.account, s.address, s.address_keys, s.opt_in, s.invalid_at,
               s.invalid_reason, s.language, s.app_version, s.os, s.window_expires_at, s.registered_at, s.updated_at
        FROM subscription s JOIN profile p ON p.id = s.profile JOIN account a ON a.id = s.account
        """

    /// Nil for a channel that this version does not know.
    fileprivate init?(row: Row, topics: [String]) {
        guard let channel = Channel(rawValue: row[3]) else { return nil }
        let invalidAt: Int64? = row[9]
        let reason: String? = row[10]
        let window: Int64? = row[14]
        id = SubscriptionID(rawValue: row[0])
        profile = ProfileID(rawValue: row[1])
        profileExternalID = row[2]
        self.channel = channel
        account = row[4]
        accountRow = row[5]
        identity = row[6]
        keys = row[7]
        optIn = row[8]
        status = invalidAt.map { .invalid(reason: reason ?? "", at: Timestamp(milliseconds: $0)) } ?? .active
        self.topics = topics
        language = row[11]
        appVersion = row[12]
        os = row[13]
        windowExpiresAt = window.map(Timestamp.init(milliseconds:))
        registeredAt = Timestamp(milliseconds: row[15])
        updatedAt = Timestamp(milliseconds: row[16])
    }
}
