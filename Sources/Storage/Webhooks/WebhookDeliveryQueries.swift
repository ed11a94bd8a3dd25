internal import GRDB
package import Core

extension StoreTransaction {
    package func delivery(_ id: WebhookDeliveryID, of webhook: WebhookID) throws -> WebhookDelivery? {
        // Returns a delivery of a webhook. Changes nothing.
        try row("SELECT * FROM webhook_delivery WHERE id = ? AND webhook = ?", [id.rawValue, webhook.rawValue]).map(WebhookDelivery.init(row:))
    }

    /// Newest first, `limit` rows below the row `before`.
    package func deliveries(of webhook: WebhookID, in state: WebhookDelivery.State? = nil, before: Int64? = nil, limit: Int) throws -> [WebhookDelivery] {
        // Returns one page of a webhook's deliveries. Changes nothing.
        try rows("""
            SELECT * FROM webhook_delivery WHERE webhook = ?1 AND id < ?2 AND (?3 IS NULL OR state = ?3) ORDER BY id DESC LIMIT ?4
            """, [webhook.rawValue, before ?? .max, state?.rawValue, limit]).map(WebhookDelivery.init(row:))
    }

    /// What was told of one person or waits to be, above the row `after`, oldest first.
    package func deliveries(about profile: ProfileID, after: Int64, limit: Int) throws -> [WebhookDelivery] {
        // Returns one page of the deliveries about a person. Changes nothing.
        try rows("SELECT * FROM webhook_delivery WHERE profile = ? AND id > ? ORDER BY id LIMIT ?", [profile.rawValue, after, limit]).map(WebhookDelivery.init(row:))
    }

    /// What is to be sent now, by webhook: of each, up to `limit` rows that have waited longest.
    package func dueDeliveries(limit: Int) throws -> [(webhook: Webhook, deliveries: [WebhookDelivery])] {
        try webhooks(limit: Webhook.maxCount).filter(\.isEnabled).compactMap { webhook in
            // Returns the pending deliveries of a webhook whose time has come. Changes nothing.
            let due = try rows("""
                SELECT * FROM webhook_delivery WHERE webhook = ? AND state = 'pending' AND next_at <= ? ORDER BY next_at LIMIT ?
                """, [webhook.id.rawValue, now.milliseconds, limit])
            return due.isEmpty ? nil : (webhook, due.map(WebhookDelivery.init(row:)))
        }
    }

    /// Sends a delivery again at once, whatever became of it; it keeps its message id and starts with all its attempts.
    ///
    /// - Throws: `StorageError.notFound`, `.conflict` when the webhook is disabled.
    package func replay(_ id: WebhookDeliveryID, of webhook: WebhookID) throws -> WebhookDelivery {
        try demandEnabled(webhook)
        // Returns the delivery as it is then. Makes it due.
        let changed = try row("""
            UPDATE webhook_delivery SET state = 'pending', attempts = 0, next_at = ?1, updated_at = ?1 WHERE id = ?2 AND webhook = ?3 RETURNING *
            """, [now.milliseconds, id.rawValue, webhook.rawValue])
        guard let changed else { throw StorageError.notFound }
        return WebhookDelivery(row: changed)
    }

    func demandEnabled(_ id: WebhookID) throws {
        guard let webhook = try webhook(id) else { throw StorageError.notFound }
        guard webhook.isEnabled else { throw StorageError.conflict("The webhook \(id) is disabled: enable it first") }
    }

    /// Writes down what came of an attempt. A row that is not pending any more, or gone, is left alone.
    ///
    /// An endpoint that says it is gone is disabled, and so is one where a delivery was tried to the end while nothing else got through.
    ///
    /// - Returns: what was disabled for it.
    package func record(_ attempt: WebhookAttempt) throws -> (webhook: WebhookID, reason: Webhook.DisabledReason)? {
        let (state, nextAt): (WebhookDelivery.State, Timestamp?) = switch attempt.result {
        case .delivered: (.delivered, nil)
        case .failed(let retryAt): (retryAt == nil ? .failed : .pending, retryAt)
        case .gone: (.failed, nil)
        }
        // Returns the webhook of the delivery, and when it was made. Changes a pending delivery.
        let changed = try row("""
            UPDATE webhook_delivery SET state = ?, attempts = attempts + 1, next_at = ?, response_status = ?, error = ?, updated_at = ?
            WHERE id = ? AND state = 'pending' RETURNING webhook, type, created_at
            """, [state.rawValue, nextAt?.milliseconds, attempt.responseStatus, attempt.error, now.milliseconds, attempt.delivery.rawValue])
        guard let changed else { return nil }
        let id = WebhookID(rawValue: changed["webhook"])
        switch attempt.result {
        case .delivered:
            // Returns nothing. Notes when an endpoint last took something.
            try run("UPDATE webhook SET succeeded_at = ? WHERE id = ?", [now.milliseconds, id.rawValue])
        case .failed(retryAt: nil) where (changed["type"] as String) != WebhookEvent.test.rawValue:
            let since = try webhook(id)?.succeededAt
            guard since.map({ $0 < Timestamp(milliseconds: changed["created_at"]) }) ?? true else { break }
            return try disable(webhook: id, .failing) ? (id, .failing) : nil
        case .gone: return try disable(webhook: id, .gone) ? (id, .gone) : nil
        case .failed: break
        }
        return nil
    }

    /// After the clock was set back: deliveries that a clock ahead of this one has told to wait do so anew, for as long as they were told,
    /// instead of until this clock has caught up.
    package func restartWebhookWaits() throws {
        // Returns nothing. Moves attempts that were planned in what now is the future.
        try run("""
            UPDATE webhook_delivery SET next_at = ?1 + max(0, next_at - updated_at), updated_at = ?1
            WHERE state = 'pending' AND next_at > ?1 AND updated_at > ?1
            """, [now.milliseconds])
    }

    /// What waits for enabled webhooks: how many, and since when the first.
    package func webhookBacklog() throws -> (pending: Int, since: Timestamp?) {
        // Returns the number of pending deliveries and the time of the first, from their index alone but for one row. Changes nothing.
        guard let row = try row("""
            SELECT pending, (SELECT created_at FROM webhook_delivery WHERE id = first)
            FROM (SELECT count(*) AS pending, min(d.id) AS first
                  FROM webhook w JOIN webhook_delivery d ON d.webhook = w.id AND d.state = 'pending' WHERE w.enabled = 1)
            """) else { return (0, nil) }
        return (row[0], (row[1] as Int64?).map(Timestamp.init(milliseconds:)))
    }

    /// Forgets deliveries of one webhook, whatever became of them: the history of a month in one transaction would hold up everybody's writes.
    ///
    /// - Returns: how many; as many as `limit` means that more may be left.
    package func forgetDeliveries(of webhook: WebhookID, limit: Int = 1_000) throws -> Int {
        // Returns nothing. Removes some deliveries of a webhook.
        try run("DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE webhook = ? LIMIT ?)", [webhook.rawValue, limit])
    }

    /// Forgets deliveries past their lifetime, whatever became of them.
    ///
    /// - Returns: how many; as many as `limit` means that more may be left.
    package func forgetWebhookDeliveries(madeBefore time: Timestamp, limit: Int = 1_000) throws -> Int {
        // Returns nothing. Removes the oldest deliveries; ids grow with time.
        try run("""
            DELETE FROM webhook_delivery WHERE created_at < ?1 AND id IN (SELECT id FROM webhook_delivery ORDER BY id LIMIT ?2)
            """, [time.milliseconds, limit])
    }
}

extension WebhookDelivery {
    init(row: Row) {
        self.init(
            id: WebhookDeliveryID(rawValue: row["id"]), webhook: WebhookID(rawValue: row["webhook"]), message: row["message"], type: row["type"],
            body: row["body"], state: State(rawValue: row["state"]) ?? .failed, attempts: row["attempts"], nextAt: row.time("next_at"),
            responseStatus: row["response_status"], error: row["error"], createdAt: Timestamp(milliseconds: row["created_at"]),
            updatedAt: Timestamp(milliseconds: row["updated_at"]))
    }
}
