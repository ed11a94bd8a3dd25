internal import GRDB
package import Core

extension StoreTransaction {
    /// Stores an event once and moves the person's `last_seen_at`.
    ///
    /// - Parameter createsProfiles: whether an unknown external id becomes an empty profile instead of an outcome.
    package func add(event: NewEvent, createsProfiles: Bool) throws -> EventOutcome {
        let hash = store.hash.index(event.id)
        // Returns a row when the event's id is known. Changes nothing.
        guard try row("SELECT 1 FROM event WHERE external_hash = ? AND external_id = ?", [hash, event.id]) == nil else {
            return .duplicate
        }
        guard let profile = try createsProfiles ? profileIDOrNew(event.profile) : profileID(event.profile) else {
            return .unknownProfile
        }
        // Returns nothing. Adds an event.
        try run("INSERT INTO event (external_id, external_hash, profile, name, at, properties) VALUES (?, ?, ?, ?, ?, ?)",
                [event.id, hash, profile.rawValue, event.name, (event.at ?? now).milliseconds,
                 JSONValue.object(event.properties).text])
        try touch(profile: profile, at: event.at ?? now)
        return .accepted
    }

    /// A profile's events in the order they came, `limit` rows above the row `after`.
    package func events(of profile: ProfileID, after: Int64 = 0, limit: Int) throws -> [Event] {
        // Returns one page of a profile's events. Changes nothing.
        try rows("SELECT * FROM event WHERE profile = ? AND id > ? ORDER BY id LIMIT ?", [profile.rawValue, after, limit])
            .map { row in
                Event(row: row["id"], id: row["external_id"], name: row["name"], at: Timestamp(milliseconds: row["at"]),
                      properties: JSONValue(stored: row["properties"]).object ?? JSONObject())
            }
    }
}
