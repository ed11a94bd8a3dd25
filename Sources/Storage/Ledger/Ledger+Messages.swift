internal import Failpoints
internal import GRDB
package import Core

/// Messages to one person each: their rows go before those of campaigns, so nothing here waits behind a campaign's statements
/// (`Writer.submitUrgent`), and a lane asks for those of all messages at once.
extension Ledger {
    /// Makes the runs and rows of messages that have none yet, and leases what can go, by account: T1 in the transaction that
    /// makes the row. A message gets one run, however often it is asked for.
    ///
    /// - Parameters:
    ///   - after: the last message that an earlier call has frozen.
    ///   - leasing: the accounts that can send.
    package func freezeMessages(after: MessageID, limit: Int, leasing accounts: [Int64], epoch: Int64, now: Timestamp,
                                completion: @escaping Completion<FrozenMessages>) {
        submitUrgent(at: now, { ledger in
            let frozen = try ledger.freezeMessages(after: after, limit: limit, leasing: accounts, epoch: epoch)
            failpoint("message.before")
            return frozen
        }, completion: {
            failpoint("message.after")
            completion($0)
        })
    }

    /// T1 for the messages of one account: as `lease`. Completes with the rows and whether more are due.
    package func leaseUrgent(account: Int64, limit: Int, epoch: Int64, now: Timestamp, completion: @escaping Completion<UrgentLease>) {
        submitUrgent(at: now, { try $0.leaseUrgent(account: account, limit: limit, epoch: epoch) }, completion: completion)
    }

    /// T2 for messages: as `intend`.
    package func intendUrgent(_ ids: [DeliveryID], epoch: Int64, now: Timestamp, completion: @escaping Completion<Set<DeliveryID>>) {
        submitUrgent(at: now, { ledger in
            let intended = try ledger.intend(ids, epoch: epoch)
            failpoint("intent.before")
            return intended
        }, completion: {
            failpoint("intent.after")
            completion($0)
        })
    }

    /// The accounts on which rows of messages are due.
    package func urgentAccounts() async throws -> [Int64] {
        try await read { ledger in
            try ledger.accounts.filter { account in
                // Returns whether a message's row is due on an account. Changes nothing.
                try ledger.count("SELECT EXISTS (\(MessageSQL.due))", [account, ledger.now.milliseconds, 1]) > 0
            }
        }
    }

    /// Ends rows of messages whose time is over and which no lane has looked at: its account does not send.
    ///
    /// - Returns: how many.
    @discardableResult
    package func expireMessages() async throws -> Int {
        let some = try await read { ledger in try ledger.count("SELECT EXISTS (\(MessageSQL.overdue))", [ledger.now.milliseconds]) > 0 }
        guard some else { return 0 }
        return try await write { ledger in
            // Returns the rows. Ends rows that wait in vain.
            let expired = try ledger.numbers("""
                UPDATE delivery SET state = 'expired', reason = 'expired', updated_at = ?1 WHERE state = 'pending' AND id IN (\(MessageSQL.overdue))
                RETURNING id
                """, [ledger.now.milliseconds])
            try ledger.note(expired)
            return expired.count
        }
    }

    /// The rows of a message; nil before they are made.
    package func deliveries(of message: MessageID) async throws -> [DeliveryRecord]? {
        try await read { ledger in
            try ledger.run(of: message).map { try ledger.deliveries(of: $0.id, matching: DeliveryFilter(), after: nil, limit: 1_000) }
        }
    }

    private func submitUrgent<Value: Sendable>(at now: Timestamp, _ body: @escaping @Sendable (LedgerTransaction) throws -> Value,
                                               completion: @escaping Completion<Value>) {
        file.writer.submitUrgent({ db in try body(LedgerTransaction(db: db, now: now)) }, completion: completion)
    }
}

/// What `Ledger.freezeMessages` did.
package struct FrozenMessages: Sendable {
    /// The last message looked at, nil when there was none, and whether more may wait.
    package var last: MessageID?
    package var hasMore = false
    package var leases: [Int64: UrgentLease] = [:]
}

/// Rows of messages that one account may send.
package struct UrgentLease: Sendable {
    package var deliveries: [LeasedDelivery] = []
    package var hasMore = false
}

/// The statements of messages, apart so that a test can ask for their query plans.
enum MessageSQL {
    /// Returns the messages after ?1 that may have no run yet, at most ?2. Changes nothing.
    static let waiting = """
        SELECT id, profile, recipients, expires_at FROM app.message WHERE frozen_at IS NULL AND id > ?1 ORDER BY id LIMIT ?2
        """

    /// Returns the rows of messages that are due on ?1 account at ?2, at most ?3, earliest first. Changes nothing.
    static let due = """
        SELECT id FROM delivery INDEXED BY delivery_urgent
        WHERE account = ?1 AND urgent = 1 AND state = 'pending' AND next_at <= ?2 ORDER BY next_at LIMIT ?3
        """

    /// Returns waiting rows of messages whose time is over at ?1. Changes nothing.
    static let overdue = """
        SELECT d.id FROM delivery d INDEXED BY delivery_urgent CROSS JOIN run r ON r.id = d.run
        WHERE d.urgent = 1 AND d.state = 'pending' AND r.expires_at <= ?1 LIMIT 1000
        """

    /// Returns the due rows with their runs and what they say. Changes nothing.
    static let candidates = """
        SELECT d.id AS delivery, d.subscription, d.profile, d.attempt, d.failures, m.definition, r.*
        FROM (\(due)) due CROSS JOIN delivery d ON d.id = due.id CROSS JOIN run r ON r.id = d.run LEFT JOIN app.message m ON m.id = r.message
        """
}

extension LedgerTransaction {
    /// The configured accounts that have rows, and others.
    fileprivate var accounts: [Int64] { get throws { try numbers("SELECT id FROM app.account") } }

    func run(of message: MessageID) throws -> LedgerRun? {
        // Returns the run of a message. Changes nothing.
        try row("SELECT * FROM run WHERE kind = 'message' AND message = ?", [message.rawValue]).map(LedgerRun.init(row:))
    }

    fileprivate func freezeMessages(after: MessageID, limit: Int, leasing accounts: [Int64], epoch: Int64) throws -> FrozenMessages {
        var frozen = FrozenMessages()
        var touched: Set<Int64> = []
        var ended: [Int64] = []
        let waiting = try rows(MessageSQL.waiting, [after.rawValue, limit])
        for row in waiting {
            frozen.last = MessageID(rawValue: row[0])
            let recipients = JSONValue(stored: row[2]).array?.compactMap { pair -> (account: Int64, subscription: Int64)? in
                guard let account = pair.array?.first?.int, let subscription = pair.array?.last?.int else { return nil }
                return (account, subscription)
            } ?? []
            // Returns the new run, none when the message has one. Adds it.
            guard let run = try self.row("""
                INSERT INTO run (campaign, kind, message, audience, frozen_at, expires_at) VALUES (0, 'message', ?, ?, ?, ?)
                ON CONFLICT DO NOTHING RETURNING id
                """, [row[0] as Int64, max(1, recipients.count), now.milliseconds, row[3] as Int64])?[0] as Int64? else { continue }
            for recipient in recipients {
                // Returns nothing. Adds a row that goes before others.
                try self.run("""
                    INSERT INTO delivery (run, profile, subscription, account, channel, state, urgent, updated_at)
                    SELECT ?, ?, ?, id, channel, 'pending', 1, ? FROM app.account WHERE id = ?
                    """, [run, row[1] as Int64, recipient.subscription, now.milliseconds, recipient.account])
                touched.insert(recipient.account)
            }
            if recipients.isEmpty {
                // Returns nothing. Adds the row of a person whom no subscription reaches.
                try self.run("""
                    INSERT INTO delivery (run, profile, state, reason, urgent, updated_at) VALUES (?, ?, 'skipped', 'no_subscription', 1, ?)
                    """, [run, row[1] as Int64, now.milliseconds])
                ended.append(db.lastInsertedRowID)
            }
        }
        try note(ended)
        frozen.hasMore = waiting.count == limit
        for account in touched.intersection(accounts) {
            frozen.leases[account] = try leaseUrgent(account: account, limit: limit, epoch: epoch)
        }
        return frozen
    }

    fileprivate func leaseUrgent(account: Int64, limit: Int, epoch: Int64) throws -> UrgentLease {
        var lease = UrgentLease()
        let rows = try rows(MessageSQL.candidates, [account, now.milliseconds, limit])
        lease.hasMore = rows.count == limit
        let candidates = rows.map { row in
            RecipientReader.Candidate(
                row: row["delivery"], run: LedgerRun(row: row), subscription: row["subscription"], profile: row["profile"],
                attempt: row["attempt"], failures: row["failures"],
                message: (row["definition"] as String?).map { LeasedMessage(id: MessageID(rawValue: row["message"]), definition: $0) })
        }
        var ended: [Int64] = []
        for (candidate, finding) in zip(candidates, try RecipientReader(self, account: account).look(at: candidates)) {
            if let expiresAt = candidate.run.expiresAt, expiresAt <= now {
                try end(candidate.row, as: .expired, .expired, detail: nil)
                ended.append(candidate.row)
                continue
            }
            switch finding {
            // What it says cannot be read: it waits until its time is over.
            case .reachable(let delivery): if delivery.message != nil { lease.deliveries.append(delivery) }
            case .refused(let reason, let detail):
                try end(candidate.row, as: .skipped, reason, detail: detail)
                ended.append(candidate.row)
            }
        }
        try claim(lease.deliveries, epoch: epoch)
        try note(ended)
        return lease
    }

    private func end(_ id: Int64, as state: DeliveryState, _ reason: Reason, detail: String?) throws {
        // Returns nothing. Ends a row without a send.
        try run("UPDATE delivery SET state = ?, reason = ?, detail = ?, updated_at = ? WHERE id = ? AND state = 'pending'",
                [state.rawValue, reason.rawValue, detail, now.milliseconds, id])
    }
}
