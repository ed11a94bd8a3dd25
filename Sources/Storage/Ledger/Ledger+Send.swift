internal import Failpoints
internal import GRDB
package import Core

extension Ledger {
    /// T2: commits the intent to send, `leased -> sending`, before any byte leaves. Consent, the campaign and the time are
    /// checked once more in the same statement. Completes with those that may leave; the others are `pending` again, and
    /// the next lease says why.
    package func intend(_ ids: [DeliveryID], epoch: Int64, now: Timestamp, completion: @escaping Completion<Set<DeliveryID>>) {
        submit(at: now, { ledger in
            let intended = try ledger.intend(ids, epoch: epoch)
            failpoint("intent.before")
            return intended
        }, completion: {
            failpoint("intent.after")
            completion($0)
        })
    }

    /// T3: what became of attempts, `sending ->` the state that the verdict says. A result that does not fit the row (another
    /// attempt, another boot, not `sending`) changes nothing. Completes with the number of those.
    package func record(_ results: [DeliveryResult], epoch: Int64, now: Timestamp, completion: @escaping Completion<Int>) {
        submit(at: now, { ledger in
            let stale = try ledger.record(results, epoch: epoch)
            failpoint("result.before")
            return stale
        }, completion: {
            failpoint("result.after")
            completion($0)
        })
    }
}

/// The statements of sending, apart so that a test can ask for their query plans.
enum SendSQL {
    /// Returns nothing. Moves a row that the boot ?3 leased and that may still go. Of a launch the campaign runs, which is asked first; that of
    /// a test is there, and a message has none.
    static let intend = """
        UPDATE delivery SET state = 'sending', attempt = attempt + 1, sent_at = ?2, updated_at = ?2
        WHERE id = ?1 AND state = 'leased' AND epoch = ?3 AND \(LeaseSQL.reachable)
          AND EXISTS (SELECT 1 FROM run r LEFT JOIN app.campaign c ON c.id = r.campaign
                      WHERE r.id = delivery.run AND (c.state = 'running' OR r.kind = 'test' AND c.id IS NOT NULL OR r.kind = 'message')
                        AND (r.expires_at IS NULL OR r.expires_at > ?2))
        """

    /// Returns nothing. Ends the attempt if it is the one under way.
    static let record = """
        UPDATE delivery SET state = ?, reason = ?, detail = ?, provider_id = ifnull(?, provider_id), language = ifnull(?, language),
            next_at = ?, failures = failures + ?, epoch = NULL, updated_at = ?
        WHERE id = ? AND state = 'sending' AND attempt = ? AND epoch = ?
        """
}

extension LedgerTransaction {
    func intend(_ ids: [DeliveryID], epoch: Int64) throws -> Set<DeliveryID> {
        let statement = try statement(SendSQL.intend)
        var intended: Set<DeliveryID> = []
        intended.reserveCapacity(ids.count)
        // One row at a time: RETURNING costs SQLite a temporary table for each row.
        for id in ids {
            try statement.run(id.rawValue, now.milliseconds, epoch)
            if db.changesCount == 1 { intended.insert(id) }
        }
        if intended.count < ids.count { _ = try release(ids, epoch: epoch) }
        return intended
    }

    func record(_ results: [DeliveryResult], epoch: Int64) throws -> Int {
        let statement = try statement(SendSQL.record)
        var stale = 0
        var named: [Int64] = []
        var ofMessages: [Int64] = []
        for result in results {
            let end = Ending(result.verdict)
            try statement.run(end.state.rawValue, end.reason?.rawValue, end.detail, end.providerID, result.language, end.nextAt,
                              end.failures, now.milliseconds, result.id.rawValue, Int64(result.attempt), epoch)
            if db.changesCount == 1 {
                if end.providerID != nil { named.append(result.id.rawValue) }
                if result.message != nil { ofMessages.append(result.id.rawValue) }
            } else if try !complete(result, end) {
                stale += 1
            }
        }
        try note(ofMessages)
        // Returns whether any status waits for its result. Changes nothing.
        if !named.isEmpty, try count("SELECT EXISTS (SELECT 1 FROM early_status)") > 0 { try mergeEarly(into: named) }
        return stale
    }

    private func complete(_ result: DeliveryResult, _ end: Ending) throws -> Bool {
        guard end.state == .accepted else { return false }
        // Returns nothing. Completes a row that a callback moved before its own result came; its state stays.
        return try run("""
            UPDATE delivery SET provider_id = ifnull(provider_id, ?1), language = ifnull(language, ?2)
            WHERE id = ?3 AND attempt = ?4 AND state IN ('accepted', 'delivered', 'opened', 'clicked')
              AND (provider_id IS NULL AND ?1 IS NOT NULL OR language IS NULL AND ?2 IS NOT NULL)
            """, [end.providerID, result.language, result.id.rawValue, result.attempt]) == 1
    }

    private struct Ending {
        var state: DeliveryState
        var reason: Reason?
        var detail: String?
        var providerID: String?
        var nextAt: Int64 = 0
        var failures: Int64 = 0

        init(_ verdict: DeliveryResult.Verdict) {
            switch verdict {
            case .accepted(let id): (state, providerID) = (.accepted, id)
            case .retry(let at, let text, let counts):
                (state, detail, nextAt, failures) = (.pending, text, at.milliseconds, counts ? 1 : 0)
            case .rejected(let why, let text): (state, reason, detail) = (.rejected, why, text)
            case .expired: (state, reason) = (.expired, .expired)
            case .gaveUp(let text): (state, reason, detail) = (.dead, .providerGaveUp, text)
            case .unknown(let text): (state, reason, detail) = (.unknown, .outcomeUnknown, text)
            }
        }
    }
}
