internal import GRDB
package import Core

/// Something that became of a message's row, on its way to the outbox.
package struct MessageEvent: Sendable, Equatable {
    /// Grows with time, and is never used twice.
    package let id: Int64
    /// `webhook-id`.
    package let name: String
    package let message: MessageID
    package let delivery: DeliveryID
    /// Nil, as account and channel are, when no subscription reaches the person.
    package let subscription: SubscriptionID?
    /// account.id of the store.
    package let account: Int64?
    package let channel: Channel?
    package let state: DeliveryState
    package let reason: Reason?
    package let detail: String?
    package let at: Timestamp
}

extension Ledger {
    /// What waits to be moved into the outbox after the event `after`, oldest first.
    package func messageEvents(after: Int64, limit: Int) async throws -> [MessageEvent] {
        try await read { ledger in
            // Returns one page of events with what their rows say that does not change. Changes nothing.
            try ledger.rows("""
                SELECT e.*, r.message, d.subscription, d.account, d.channel
                FROM (SELECT * FROM message_event WHERE id > ? ORDER BY id LIMIT ?) e
                    CROSS JOIN delivery d ON d.id = e.delivery CROSS JOIN run r ON r.id = d.run ORDER BY e.id
                """, [after, limit]).map(MessageEvent.init(row:))
        }
    }

    /// Removes events that are in the outbox, up to this one.
    package func forgetMessageEvents(upTo id: Int64) async throws {
        _ = try await write { ledger in
            // Returns nothing. Removes the oldest events.
            try ledger.run("DELETE FROM message_event WHERE id <= ?", [id])
        }
    }
}

/// The statement of events, apart so that a test can ask for its query plan.
enum MessageEventSQL {
    /// Returns nothing. Adds an event for each row of ?1, a JSON array, that is a message's and in a state that an enabled webhook asks
    /// for, at ?2.
    static let note = """
        INSERT INTO message_event (name, delivery, state, reason, detail, at)
        SELECT 'msg_' || lower(hex(randomblob(16))), d.id, d.state, d.reason, d.detail, ?2
        FROM json_each(?1) j CROSS JOIN delivery d ON d.id = j.value
        WHERE d.urgent = 1 AND EXISTS (SELECT 1 FROM app.webhook_event e CROSS JOIN app.webhook w ON w.id = e.webhook
                                       WHERE e.type = 'message.' || d.state AND w.enabled = 1)
        """
}

extension LedgerTransaction {
    /// Keeps what has just become of rows for the webhooks that ask for it; rows of campaigns among them are passed over.
    func note(_ ids: some Collection<Int64>) throws {
        if !ids.isEmpty { try run(MessageEventSQL.note, [ids.json, now.milliseconds]) }
    }
}

extension MessageEvent {
    fileprivate init(row: Row) {
        id = row["id"]
        name = row["name"]
        message = MessageID(rawValue: row["message"])
        delivery = DeliveryID(rawValue: row["delivery"])
        subscription = (row["subscription"] as Int64?).map(SubscriptionID.init(rawValue:))
        account = row["account"]
        channel = (row["channel"] as String?).flatMap(Channel.init(rawValue:))
        state = DeliveryState(rawValue: row["state"]) ?? .unknown
        reason = (row["reason"] as String?).flatMap(Reason.init(rawValue:))
        detail = row["detail"]
        at = Timestamp(milliseconds: row["at"])
    }
}
