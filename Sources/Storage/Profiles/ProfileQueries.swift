internal import GRDB
package import Core

extension StoreTransaction {
    package func profile(_ externalID: String) throws -> Profile? {
        // Returns the profile of an external id. Changes nothing.
        guard let row = try row("SELECT * FROM profile WHERE external_hash = ? AND external_id = ?",
                                [store.hash.index(externalID), externalID]) else { return nil }
        return Profile(row: row, tags: try tags(of: ProfileID(rawValue: row["id"])))
    }

    package func profile(_ id: ProfileID) throws -> Profile? {
        // Returns the profile of a row id. Changes nothing.
        guard let row = try row("SELECT * FROM profile WHERE id = ?", [id.rawValue]) else { return nil }
        return Profile(row: row, tags: try tags(of: id))
    }

    /// The row of an external id, found by its hash and compared in full.
    package func profileID(_ externalID: String) throws -> ProfileID? {
        // Returns the row id of an external id. Changes nothing.
        try statement("SELECT id FROM profile WHERE external_hash = ? AND external_id = ?")
            .first(store.hash.index(externalID), externalID) { ProfileID(rawValue: $0.int(0)) }
    }

    /// Creates or changes a profile.
    package func write(profile externalID: String, _ change: ProfileChange) throws -> Written<Profile> {
        if let old = try profile(externalID) { return Written(value: try update(old, change), isNew: false) }
        return Written(value: try insert(externalID, change), isNew: true)
    }

    /// - Throws: `StorageError.notFound`.
    package func change(profile externalID: String, _ change: ProfileChange) throws -> Profile {
        guard let old = try profile(externalID) else { throw StorageError.notFound }
        return try update(old, change)
    }

    /// The profile's row, made when the external id is unknown.
    package func profileIDOrNew(_ externalID: String) throws -> ProfileID {
        try profileID(externalID) ?? insert(externalID, ProfileChange()).id
    }

    private func insert(_ externalID: String, _ change: ProfileChange) throws -> Profile {
        let bucket = store.hash.bucket(of: externalID)
        let blank = Profile(id: ProfileID(rawValue: 0), externalID: externalID, bucket: Int(bucket), at: now)
        let new = blank.applying(change, at: now)
        // Returns nothing. Adds a profile.
        try run("""
            INSERT INTO profile (external_id, external_hash, language, timezone, country, latitude, longitude, attributes, bucket,
                                 created_at, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, [externalID, store.hash.index(externalID), new.language, new.timezone, new.country, new.location?.latitude,
                  new.location?.longitude, JSONValue.object(new.attributes).text, bucket, now.milliseconds, now.milliseconds])
        let added = new.numbered(ProfileID(rawValue: db.lastInsertedRowID))
        try replaceTags(of: added.id, from: [], by: added.tags)
        return added
    }

    private func update(_ old: Profile, _ change: ProfileChange) throws -> Profile {
        let new = old.applying(change, at: now)
        // Returns nothing. Sets what a profile says of itself.
        try run("""
            UPDATE profile SET language = ?, timezone = ?, country = ?, latitude = ?, longitude = ?, attributes = ?, updated_at = ?
            WHERE id = ?
            """, [new.language, new.timezone, new.country, new.location?.latitude, new.location?.longitude,
                  JSONValue.object(new.attributes).text, now.milliseconds, old.id.rawValue])
        try replaceTags(of: old.id, from: old.tags, by: new.tags)
        return new
    }

    private func tags(of id: ProfileID) throws -> [String] {
        // Returns a profile's tags in order. Changes nothing.
        try rows("SELECT tag FROM profile_tag WHERE profile = ? ORDER BY tag", [id.rawValue]).map { $0["tag"] }
    }

    private func replaceTags(of id: ProfileID, from old: [String], by new: [String]) throws {
        for tag in old.without(new) {
            // Returns nothing. Removes one tag of a profile.
            try run("DELETE FROM profile_tag WHERE profile = ? AND tag = ?", [id.rawValue, tag])
        }
        for tag in new.without(old) {
            // Returns nothing. Adds one tag of a profile.
            try run("INSERT OR IGNORE INTO profile_tag (profile, tag) VALUES (?, ?)", [id.rawValue, tag])
        }
    }

    /// Forgets a person: the profile, its tags, subscriptions, events and recorded answers go; of the consent history
    /// stays what proves that somebody once agreed, without the person: channel, state, times and the keyed hash of the address.
    ///
    /// - Returns: false when there is no such profile.
    package func erase(profile externalID: String) throws -> Bool {
        guard let id = try profileID(externalID) else { return false }
        // Returns nothing. Replaces the consent rows of a profile by ones without profile, subscription and evidence: the only
        // way around the trigger that refuses to change them.
        try run("""
            INSERT OR REPLACE INTO consent (id, profile, subscription, channel, account, address_hash, state, source, text, topics,
                                            evidence, at, recorded_at)
            SELECT id, NULL, NULL, channel, account, address_hash, state, source, text, topics, NULL, at, recorded_at
            FROM consent WHERE profile = ?
            """, [id.rawValue])
        // Returns nothing. Removes a profile and, by the foreign keys, all that belongs to it.
        try run("DELETE FROM profile WHERE id = ?", [id.rawValue])
        return true
    }

    /// Notes that a person was there; never moves back.
    func touch(profile id: ProfileID, at: Timestamp) throws {
        // Returns nothing. Moves `last_seen_at` forward.
        try statement("UPDATE profile SET last_seen_at = ?1 WHERE id = ?2 AND (last_seen_at IS NULL OR last_seen_at < ?1)")
            .run(min(at, now).milliseconds, id.rawValue)
    }
}

extension Profile {
    /// Somebody of whom only the external id is known.
    fileprivate init(id: ProfileID, externalID: String, bucket: Int, at now: Timestamp) {
        self.init(id: id, externalID: externalID, language: nil, timezone: nil, country: nil, location: nil, attributes: JSONObject(),
                  tags: [], bucket: bucket, lastSeenAt: nil, createdAt: now, updatedAt: now)
    }

    fileprivate init(row: Row, tags: [String]) {
        let (latitude, longitude): (Double?, Double?) = (row["latitude"], row["longitude"])
        let seen: Int64? = row["last_seen_at"]
        self.init(
            id: ProfileID(rawValue: row["id"]), externalID: row["external_id"], language: row["language"], timezone: row["timezone"],
            country: row["country"],
            location: latitude.flatMap { latitude in longitude.map { Location(latitude: latitude, longitude: $0) } },
            attributes: JSONValue(stored: row["attributes"]).object ?? JSONObject(), tags: tags, bucket: row["bucket"],
            lastSeenAt: seen.map(Timestamp.init(milliseconds:)), createdAt: Timestamp(milliseconds: row["created_at"]),
            updatedAt: Timestamp(milliseconds: row["updated_at"]))
    }
}
