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

    /// Registers an address: the same address on the same account is the same subscription, however often it comes and whoever
    /// owned it before. An address that was invalid lives again.
    ///
    /// The opt-in belongs to the person: an address that changes hands without saying anything about it loses it.
    ///
    /// - Throws: `InvalidInput` for an account that is not configured or of another channel.
    package func register(_ registration: Registration) throws -> Written<Subscription> {
        guard let account = store.accountIDs[registration.account],
            store.accounts[account]?.channel == registration.address.channel
        else { throw InvalidInput("/account", "unknown_account", "is not a configured \(registration.address.channel.rawValue) account") }
        let owner = try profileIDOrNew(registration.profile)
        let old = try subscription(account: registration.account, address: registration.address.identity)
        let id = try old.map { try renew($0, registration, owner: owner) } ?? create(registration, account: account, owner: owner)
        if let old, old.profile != owner { try end(old) }
        try touch(profile: owner, at: now)
        guard let new = try subscription(id) else { throw StorageError.notFound }
        guard let optIn = registration.optIn else { return Written(value: new, isNew: old == nil) }
        let decided = try decide(optIn, registration.proof ?? ConsentProof(source: "api"), for: new)
        return Written(value: decided, isNew: old == nil)
    }

    /// The opt-in of a former owner ends, in their history, when the address changes hands.
    private func end(_ old: Subscription) throws {
        if old.optIn { try record(.withdrawn, ConsentProof(source: "owner_changed"), of: old) }
        // Returns nothing. Takes the opt-in from a subscription.
        try run("UPDATE subscription SET opt_in = 0, window_expires_at = NULL WHERE id = ?", [old.id.rawValue])
        try replaceTopics(of: old.id, by: [])
    }

    private func create(_ registration: Registration, account: Int64, owner: ProfileID) throws -> SubscriptionID {
        let version = registration.appVersion.applied(to: nil)
        // Returns nothing. Adds a subscription without opt-in.
        try run("""
            INSERT INTO subscription (profile, account, channel, address, address_hash, address_keys, opt_in, language, app_version,
                                      app_version_key, os, registered_at, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)
            """, [owner.rawValue, account, registration.address.channel.rawValue, registration.address.identity,
                  store.hash.index(registration.address.identity), registration.address.keys,
                  registration.language.applied(to: nil), version, version.flatMap { AppVersion($0)?.sortKey },
                  registration.os.applied(to: nil), now.milliseconds, now.milliseconds])
        return SubscriptionID(rawValue: db.lastInsertedRowID)
    }

    private func renew(_ old: Subscription, _ registration: Registration, owner: ProfileID) throws -> SubscriptionID {
        let version = registration.appVersion.applied(to: old.appVersion)
        // Returns nothing. Gives a subscription its owner and facts, and makes it active.
        try run("""
            UPDATE subscription SET profile = ?, address_keys = ?, status = 'active', invalid_reason = NULL, invalid_at = NULL,
                                    language = ?, app_version = ?, app_version_key = ?, os = ?, registered_at = ?, updated_at = ?
            WHERE id = ?
            """, [owner.rawValue, registration.address.keys, registration.language.applied(to: old.language), version,
                  version.flatMap { AppVersion($0)?.sortKey }, registration.os.applied(to: old.os), now.milliseconds, now.milliseconds,
                  old.id.rawValue])
        return old.id
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
    private func decide(_ optIn: Bool, _ proof: ConsentProof, for subscription: Subscription) throws -> Subscription {
        let topics = proof.topics.map { Set($0).sorted() }
        let isSame = optIn == subscription.optIn && (!optIn || topics == nil || topics == subscription.topics)
        guard !isSame else { return subscription }
        let withdrawal = try optIn ? lastWithdrawal(of: subscription.id, by: subscription.profile) : nil
        var proof = proof
        proof.topics = topics
        try record(optIn ? .granted : .withdrawn, proof, of: subscription)
        if let withdrawal, let at = proof.at, at < withdrawal { return subscription }
        // Returns nothing. Sets the opt-in of a subscription.
        try run("UPDATE subscription SET opt_in = ?, updated_at = ? WHERE id = ?", [optIn, now.milliseconds, subscription.id.rawValue])
        if optIn, let topics { try replaceTopics(of: subscription.id, by: topics) }
        return try self.subscription(subscription.id) ?? subscription
    }

    private func replaceTopics(of id: SubscriptionID, by topics: [String]) throws {
        // Returns nothing. Removes all topics of a subscription.
        try run("DELETE FROM subscription_topic WHERE subscription = ?", [id.rawValue])
        for topic in topics {
            // Returns nothing. Adds one topic of a subscription.
            try run("INSERT OR IGNORE INTO subscription_topic (subscription, topic) VALUES (?, ?)", [id.rawValue, topic])
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
        try run("""
            UPDATE subscription SET status = 'invalid', invalid_reason = ?, invalid_at = ?, updated_at = ?
            WHERE id = ? AND status = 'active' AND registered_at <= ?
            """, [reason, at.milliseconds, now.milliseconds, id.rawValue, since?.milliseconds ?? .max]) > 0
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
        let topics = try rows("SELECT topic FROM subscription_topic WHERE subscription = ? ORDER BY topic", [row["id"] as Int64])
        return Subscription(row: row, topics: topics.map { $0["topic"] })
    }
}

extension Subscription {
    fileprivate static let select = """
        SELECT s.*, p.external_id AS external_id, a.name AS account_name
        FROM subscription s JOIN profile p ON p.id = s.profile JOIN account a ON a.id = s.account
        """

    /// Nil for a channel that this version does not know.
    fileprivate init?(row: Row, topics: [String]) {
        guard let channel = Channel(rawValue: row["channel"]) else { return nil }
        let invalidAt: Int64? = row["invalid_at"]
        let reason: String? = row["invalid_reason"]
        let window: Int64? = row["window_expires_at"]
        id = SubscriptionID(rawValue: row["id"])
        profile = ProfileID(rawValue: row["profile"])
        profileExternalID = row["external_id"]
        self.channel = channel
        account = row["account_name"]
        accountRow = row["account"]
        identity = row["address"]
        keys = row["address_keys"]
        optIn = row["opt_in"]
        status = invalidAt.map { .invalid(reason: reason ?? "", at: Timestamp(milliseconds: $0)) } ?? .active
        self.topics = topics
        language = row["language"]
        appVersion = row["app_version"]
        os = row["os"]
        windowExpiresAt = window.map(Timestamp.init(milliseconds:))
        registeredAt = Timestamp(milliseconds: row["registered_at"])
        updatedAt = Timestamp(milliseconds: row["updated_at"])
    }
}
