import Foundation
internal import GRDB
package import Core

extension StoreTransaction {
    /// - Throws: `StorageError.conflict` when there are as many as there may be.
    package func createWebhook(url: String, description: String, events: [WebhookEvent]) throws -> Webhook {
        // Returns how many webhooks there are. Changes nothing.
        guard let count: Int = try row("SELECT count(*) FROM webhook")?[0], count < Webhook.maxCount else {
            throw StorageError.conflict("There are \(Webhook.maxCount) webhooks, as many as there may be: delete one first")
        }
        // Returns nothing. Adds a webhook with a salt of its own.
        try run("INSERT INTO webhook (url, description, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)", [url, description, now.milliseconds])
        let id = WebhookID(rawValue: db.lastInsertedRowID)
        try replaceEvents(of: id, by: events)
        return try found(id)
    }

    package func webhook(_ id: WebhookID) throws -> Webhook? {
        // Returns a webhook. Changes nothing.
        try row("SELECT * FROM webhook WHERE id = ?", [id.rawValue]).map(complete)
    }

    /// Newest first, `limit` rows below the row `before`.
    package func webhooks(before: Int64? = nil, limit: Int) throws -> [Webhook] {
        // Returns one page of webhooks. Changes nothing.
        try rows("SELECT * FROM webhook WHERE id < ? ORDER BY id DESC LIMIT ?", [before ?? .max, limit]).map(complete)
    }

    /// Whoever enables it again forgets why it was disabled.
    ///
    /// - Parameter version: what `If-Match` named; nil takes any.
    /// - Throws: `StorageError.notFound`, `.versionMismatch`.
    package func change(webhook id: WebhookID, _ change: WebhookChange, ifVersion version: Int64?) throws -> Webhook {
        // Returns nothing. Changes a webhook of that version.
        let changed = try run("""
            UPDATE webhook SET url = ifnull(?1, url), description = ifnull(?2, description), enabled = ifnull(?3, enabled),
                disabled_reason = CASE WHEN ?3 IS NULL THEN disabled_reason END, version = version + 1, updated_at = ?4
            WHERE id = ?5 AND version = ifnull(?6, version)
            """, [change.url, change.description, change.isEnabled, now.milliseconds, id.rawValue, version])
        guard changed == 1 else { throw try webhook(id) == nil ? StorageError.notFound : .versionMismatch }
        if let events = change.events { try replaceEvents(of: id, by: events) }
        return try found(id)
    }

    /// Removes a webhook, with what is left of its deliveries.
    ///
    /// - Throws: `StorageError.notFound`.
    package func delete(webhook id: WebhookID) throws {
        // Returns nothing. Removes a webhook.
        guard try run("DELETE FROM webhook WHERE id = ?", [id.rawValue]) == 1 else { throw StorageError.notFound }
    }

    /// Gives a webhook another secret; the one it had signs too until `until`, and not at all when that has come. What was left of an
    /// earlier rotation ends.
    ///
    /// - Throws: `StorageError.notFound`.
    package func rotate(webhook id: WebhookID, until: Timestamp) throws -> Webhook {
        // Returns nothing. Replaces the salt of a webhook.
        try run("""
            UPDATE webhook SET previous_salt = CASE WHEN ?1 > ?2 THEN salt END, previous_until = CASE WHEN ?1 > ?2 THEN ?1 END,
                salt = randomblob(16), version = version + 1, updated_at = ?2
            WHERE id = ?3
            """, [until.milliseconds, now.milliseconds, id.rawValue])
        return try found(id)
    }

    func disable(webhook id: WebhookID, _ reason: Webhook.DisabledReason) throws -> Bool {
        // Returns nothing. Disables a webhook that is enabled.
        try run("UPDATE webhook SET enabled = 0, disabled_reason = ?, version = version + 1, updated_at = ? WHERE id = ? AND enabled = 1",
                [reason.rawValue, now.milliseconds, id.rawValue]) == 1
    }

    private func found(_ id: WebhookID) throws -> Webhook {
        guard let webhook = try webhook(id) else { throw StorageError.notFound }
        return webhook
    }

    private func replaceEvents(of id: WebhookID, by events: [WebhookEvent]) throws {
        // Returns nothing. Removes what a webhook wants to be told of.
        try run("DELETE FROM webhook_event WHERE webhook = ?", [id.rawValue])
        for event in events {
            // Returns nothing. Adds one thing that a webhook wants to be told of.
            try run("INSERT OR IGNORE INTO webhook_event (type, webhook) VALUES (?, ?)", [event.rawValue, id.rawValue])
        }
    }

    private func complete(_ row: Row) throws -> Webhook {
        let id: Int64 = row["id"]
        // Returns what a webhook wants to be told of. Changes nothing.
        let types = Set(try rows("SELECT type FROM webhook_event WHERE webhook = ?", [id]).map { $0[0] as String })
        return Webhook(row: row, events: WebhookEvent.offered.filter { types.contains($0.rawValue) })
    }
}

extension Webhook {
    fileprivate init(row: Row, events: [WebhookEvent]) {
        let (salt, former, until): (Data, Data?, Int64?) = (row["salt"], row["previous_salt"], row["previous_until"])
        let reason: String? = row["disabled_reason"]
        self.init(
            id: WebhookID(rawValue: row["id"]), url: row["url"], description: row["description"], events: events, isEnabled: row["enabled"],
            disabledReason: reason.flatMap(DisabledReason.init(rawValue:)), salt: Array(salt),
            previous: former.flatMap { former in until.map { Previous(salt: Array(former), until: Timestamp(milliseconds: $0)) } },
            succeededAt: row.time("succeeded_at"), version: row["version"], createdAt: Timestamp(milliseconds: row["created_at"]),
            updatedAt: Timestamp(milliseconds: row["updated_at"]))
    }
}
