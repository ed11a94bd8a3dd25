import Core
import GRDB

extension StoreTransaction {
    /// Registers an address: the same address on the same account is the same subscription, however often it comes and whoever
    /// owned it before. An address that was invalid lives again.
    ///
    /// The opt-in belongs to the person: an address that changes hands without saying anything about it loses it.
    ///
    /// - Throws: `InvalidInput` for an account that is not configured or of another channel; then nothing has been changed.
    package func register(_ registration: Registration) throws -> Written<Subscription> {
        try register(PlannedRegistration(registration, for: store))
    }

    /// The same, planned elsewhere: five or six statements for a new address of a new person, four or five for one that is known.
    ///
    /// - Parameter isList: whether it stands in a list of unknown age, where an opt-in without a time of its own must not bring back
    ///   somebody who has left.
    /// - Throws: `InvalidInput` for one that would; then nothing has been changed.
    package func register(_ plan: PlannedRegistration, isList: Bool = false) throws -> Written<Subscription> {
        let person = try person(plan)
        let known = try known(plan)
        let isOptedIn = known.map { $0.owner == person && $0.optIn } ?? false
        if isList, let person, !isOptedIn, plan.registration.optIn == true, plan.proof.at == nil, try hasWithdrawn(person, plan) {
            throw InvalidInput("/consent/at", "withdrawn", "is needed to bring back somebody who has withdrawn: the time at which they agreed again")
        }
        let owner = try owner(plan, person)
        guard let known else { return Written(value: try add(plan, owner: owner), isNew: true) }
        let new = known.owner == owner ? try renew(known, plan) : try handOver(known, plan, to: owner)
        guard let optIn = plan.registration.optIn else { return Written(value: new, isNew: false) }
        return Written(value: try decide(optIn, plan.proof, for: new), isNew: false)
    }

    private func person(_ plan: PlannedRegistration) throws -> ProfileID? {
        // Returns the row id of an external id. Changes nothing.
        try statement("SELECT id FROM profile WHERE external_hash = ? AND external_id = ?")
            .first(plan.profileHash, plan.registration.profile) { ProfileID(rawValue: $0.int(0)) }
    }

    /// Whether they have ever refused to be reached at this address, deleted since or not.
    private func hasWithdrawn(_ person: ProfileID, _ plan: PlannedRegistration) throws -> Bool {
        // Returns a row when there is a withdrawal. Changes nothing.
        try statement("SELECT 1 FROM consent WHERE profile = ? AND account = ? AND address_hash = ? AND state = 'withdrawn' LIMIT 1")
            .first(person.rawValue, plan.account, plan.addressHash) { _ in true } ?? false
    }

    /// The row of the person named, who was there just now; made when the external id is unknown.
    private func owner(_ plan: PlannedRegistration, _ found: ProfileID?) throws -> ProfileID {
        if let found {
            try touch(profile: found, at: now)
            return found
        }
        // Returns nothing. Adds a profile of which only the external id is known.
        try statement("""
            INSERT INTO profile (external_id, external_hash, bucket, last_seen_at, created_at, updated_at) VALUES (?, ?, ?, ?4, ?4, ?4)
            """).run(plan.registration.profile, plan.profileHash, plan.bucket, now.milliseconds)
        return ProfileID(rawValue: db.lastInsertedRowID)
    }

    /// What is in the row of an address that is known.
    private struct Known {
        let id: SubscriptionID
        let owner: ProfileID
        let optIn: Bool
        let language: String?
        let appVersion: String?
        let os: String?
        let windowExpiresAt: Timestamp?
    }

    private func known(_ plan: PlannedRegistration) throws -> Known? {
        // Returns the subscription of an address on an account, found by its hash and compared in full. Changes nothing.
        try statement("""
            SELECT id, profile, opt_in, language, app_version, os, window_expires_at FROM subscription
            WHERE account = ? AND address_hash = ? AND address = ?
            """).first(plan.account, plan.addressHash, plan.registration.address.identity) { row in
            Known(id: SubscriptionID(rawValue: row.int(0)), owner: ProfileID(rawValue: row.int(1)), optIn: row.bool(2),
                  language: row.optionalText(3), appVersion: row.optionalText(4), os: row.optionalText(5),
                  windowExpiresAt: row.optionalInt(6).map(Timestamp.init(milliseconds:)))
        }
    }

    /// What is new has no history to look at and nothing to read back: its row is what was said.
    private func add(_ plan: PlannedRegistration, owner: ProfileID) throws -> Subscription {
        let (said, address) = (plan.registration, plan.registration.address)
        let (language, version, os) = (said.language.applied(to: nil), said.appVersion.applied(to: nil), said.os.applied(to: nil))
        let optIn = said.optIn == true
        // Returns nothing. Adds a subscription.
        try statement("""
            INSERT INTO subscription (profile, account, channel, address, address_hash, address_keys, opt_in, language, app_version,
                                      app_version_key, os, registered_at, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?12, ?12)
            """).run(owner.rawValue, plan.account, address.channel.rawValue, address.identity, plan.addressHash, address.keys, optIn, language,
                     version, plan.appVersionKey, os, now.milliseconds)
        let new = subscription(SubscriptionID(rawValue: db.lastInsertedRowID), plan, owner: owner, optIn: optIn,
                               topics: optIn ? plan.proof.topics ?? [] : [], language: language, appVersion: version, os: os, window: nil)
        guard optIn else { return new }
        // Returns nothing. Adds the first consent row of a subscription.
        try statement("""
            INSERT INTO consent (profile, subscription, channel, account, address_hash, state, source, text, topics, evidence, at, recorded_at)
            VALUES (?, ?, ?, ?, ?, 'granted', ?, ?, ?, ?, ?, ?)
            """).run(owner.rawValue, new.id.rawValue, address.channel.rawValue, plan.account, plan.addressHash, plan.proof.source,
                     plan.proof.text, plan.topics, plan.evidence, min(plan.proof.at ?? now, now).milliseconds, now.milliseconds)
        try add(topics: new.topics, to: new.id)
        return new
    }

    /// The owner stays, and with it every index of the row.
    private func renew(_ known: Known, _ plan: PlannedRegistration) throws -> Subscription {
        let said = plan.registration
        let (language, os) = (said.language.applied(to: known.language), said.os.applied(to: known.os))
        let version = said.appVersion.applied(to: known.appVersion)
        let versionKey = plan.appVersionKey ?? version.flatMap { AppVersion($0)?.sortKey }
        // Returns nothing. Gives a subscription new facts, and makes it active.
        try statement("""
            UPDATE subscription SET address_keys = ?1, status = 'active', invalid_reason = NULL, invalid_at = NULL, language = ?2,
                                    app_version = ?3, app_version_key = ?4, os = ?5, registered_at = ?6, updated_at = ?6
            WHERE id = ?7
            """).run(said.address.keys, language, version, versionKey, os, now.milliseconds, known.id.rawValue)
        // Returns a subscription's topics in order. Changes nothing.
        let topics = try statement("SELECT topic FROM subscription_topic WHERE subscription = ? ORDER BY topic")
            .all(known.id.rawValue) { $0.text(0) }
        return subscription(known.id, plan, owner: known.owner, optIn: known.optIn, topics: topics, language: language, appVersion: version,
                            os: os, window: known.windowExpiresAt)
    }

    /// The opt-in of the former owner ends, in their history.
    private func handOver(_ known: Known, _ plan: PlannedRegistration, to owner: ProfileID) throws -> Subscription {
        guard let old = try subscription(known.id) else { throw StorageError.notFound }
        if old.optIn {
            try record(.withdrawn, ConsentProof(source: "owner_changed"), of: old)
            try announceOptOut(of: old, source: "owner_changed")
        }
        // Returns nothing. Gives a subscription another owner, without opt-in.
        try statement("UPDATE subscription SET profile = ?, opt_in = 0, window_expires_at = NULL WHERE id = ?")
            .run(owner.rawValue, known.id.rawValue)
        try replaceTopics(of: known.id, by: [])
        return try renew(Known(id: known.id, owner: owner, optIn: false, language: known.language, appVersion: known.appVersion,
                               os: known.os, windowExpiresAt: nil), plan)
    }

    private func subscription(_ id: SubscriptionID, _ plan: PlannedRegistration, owner: ProfileID, optIn: Bool, topics: [String],
                              language: String?, appVersion: String?, os: String?, window: Timestamp?) -> Subscription {
        let said = plan.registration
        return Subscription(
            id: id, profile: owner, profileExternalID: said.profile, channel: said.address.channel, account: said.account,
            accountRow: plan.account, identity: said.address.identity, keys: said.address.keys, optIn: optIn, status: .active, topics: topics,
            language: language, appVersion: appVersion, os: os, windowExpiresAt: window, registeredAt: now, updatedAt: now)
    }
}
