internal import GRDB
package import Core

extension StoreTransaction {
    /// Adds a message; the engine finds it with `Ledger.freezeMessages`. Whom it goes to is fixed now.
    ///
    /// - Parameters:
    ///   - definition: compact JSON.
    ///   - accounts: account.id, in the order of the message's channels.
    package func createMessage(to profile: ProfileID, purpose: Purpose, definition: String, accounts: [Int64],
                               strategy: AudienceStrategy, ttl: Duration) throws -> MessageID {
        let audience = try audience(profiles: [profile], accounts: accounts, strategy: strategy)
        let recipients = audience.members.sorted { $0.key < $1.key }.flatMap { account, members in
            members.map { JSONValue.array([.int(account), .int(Int64($0.subscription))]) }
        }
        // Returns the id of the new message. Adds it.
        guard let added = try row("""
            INSERT INTO message (profile, purpose, definition, recipients, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING id
            """, [profile.rawValue, purpose.rawValue, definition, JSONValue.array(recipients).text, now.milliseconds,
                  (now + ttl).milliseconds])
        else { throw StorageError.unusable("an insert returned no row") }
        return MessageID(rawValue: added[0])
    }

    package func message(_ id: MessageID) throws -> StoredMessage? {
        // Returns one message. Changes nothing.
        try row("SELECT m.*, p.external_id FROM message m JOIN profile p ON p.id = m.profile WHERE m.id = ?", [id.rawValue])
            .map(StoredMessage.init(row:))
    }

    /// The messages to one person above the row `after`, oldest first.
    package func messages(to profile: ProfileID, after: Int64 = 0, limit: Int) throws -> [StoredMessage] {
        // Returns one page of a person's messages. Changes nothing.
        try rows("""
            SELECT m.*, p.external_id FROM message m JOIN profile p ON p.id = m.profile WHERE m.profile = ? AND m.id > ? ORDER BY m.id LIMIT ?
            """, [profile.rawValue, after, limit]).map(StoredMessage.init(row:))
    }

    /// Notes that the messages up to this one are in the ledger, which refuses a second run by itself: a crash before is harmless.
    package func markFrozen(upTo id: MessageID) throws {
        // Returns nothing. Sets the time once.
        try run("UPDATE message SET frozen_at = ? WHERE frozen_at IS NULL AND id <= ?", [now.milliseconds, id.rawValue])
    }
}

extension StoredMessage {
    /// - Precondition: a row of `message` with its profile's `external_id`.
    fileprivate init(row: Row) {
        id = MessageID(rawValue: row["id"])
        profile = row["external_id"]
        purpose = Purpose(rawValue: row["purpose"]) ?? .transactional
        definition = row["definition"]
        createdAt = Timestamp(milliseconds: row["created_at"])
        expiresAt = Timestamp(milliseconds: row["expires_at"])
    }
}
