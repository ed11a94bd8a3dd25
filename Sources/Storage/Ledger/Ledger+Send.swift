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
    /// Returns the rows. Moves those of ?1, a JSON array, that the boot ?3 leased and that may still go. Of a launch the campaign runs, which is
    /// asked first; that of a test is there, and a message has none.
    static let intend = """
        UPDATE delivery SET state = 'sending', attempt = attempt + 1, sent_at = ?2, updated_at = ?2
        WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'leased' AND epoch = ?3 AND \(LeaseSQL.reachable)
          AND EXISTS (SELECT 1 FROM run r LEFT JOIN app.campaign c ON c.id = r.campaign
                      WHERE r.id = delivery.run AND (c.state = 'running' OR r.kind = 'test' AND c.id IS NOT NULL OR r.kind = 'message')
                        AND (r.expires_at IS NULL OR r.expires_at > ?2))
        RETURNING id
        """

    /// Returns the rows. Ends attempts under way that ended alike but for the provider's id: ?1 is a JSON object with each row and its.
    static let record = """
        UPDATE delivery SET state = ?2, reason = ?3, detail = ?4, provider_id = ifnull(j.value, provider_id), language = ifnull(?5, language),
            next_at = ?6, failures = failures + ?7, epoch = NULL, updated_at = ?8
        FROM json_each(?1) j WHERE delivery.id = CAST(j.key AS INTEGER) AND state = 'sending' AND attempt = ?9 AND epoch = ?10
        RETURNING id
        """
}

extension LedgerTransaction {
    func intend(_ ids: [DeliveryID], epoch: Int64) throws -> Set<DeliveryID> {
        let intended = Set(try statement(SendSQL.intend).all(ids.lazy.map(\.rawValue).json, now.milliseconds, epoch) {
            DeliveryID(rawValue: $0.int(0))
        })
        if intended.count < ids.count { _ = try release(ids, epoch: epoch) }
        return intended
    }

    func record(_ results: [DeliveryResult], epoch: Int64) throws -> Int {
        let statement = try statement(SendSQL.record)
        var recorded: Set<DeliveryID> = []
        for (end, alike) in Dictionary(grouping: results, by: Ending.init) {
            try statement.forEach(
                alike.providerIDs, end.state.rawValue, end.reason?.rawValue, end.detail, end.language, end.nextAt, end.failures,
                now.milliseconds, Int64(end.attempt), epoch) { recorded.insert(DeliveryID(rawValue: $0.int(0))) }
        }
        var stale = 0
        var named: [Int64] = []
        var ofMessages: [Int64] = []
        for result in results {
            if recorded.contains(result.id) {
                if result.providerID != nil { named.append(result.id.rawValue) }
                if result.message != nil { ofMessages.append(result.id.rawValue) }
            } else if try !complete(result) {
                stale += 1
            }
        }
        try note(ofMessages)
        // Returns whether any status waits for its result. Changes nothing.
        if !named.isEmpty, try count("SELECT EXISTS (SELECT 1 FROM early_status)") > 0 { try mergeEarly(into: named) }
        return stale
    }

    private func complete(_ result: DeliveryResult) throws -> Bool {
        guard case .accepted(let providerID) = result.verdict else { return false }
        // Returns nothing. Completes a row that a callback moved before its own result came; its state stays.
        return try run("""
            UPDATE delivery SET provider_id = ifnull(provider_id, ?1), language = ifnull(language, ?2)
            WHERE id = ?3 AND attempt = ?4 AND state IN ('accepted', 'delivered', 'opened', 'clicked')
              AND (provider_id IS NULL AND ?1 IS NOT NULL OR language IS NULL AND ?2 IS NOT NULL)
            """, [providerID, result.language, result.id.rawValue, result.attempt]) == 1
    }
}

/// What results have in common that one statement records.
private struct Ending: Hashable {
    let attempt: Int
    let language: String?
    var state: DeliveryState
    var reason: Reason?
    var detail: String?
    var nextAt: Int64 = 0
    var failures: Int64 = 0

    init(_ result: DeliveryResult) {
        (attempt, language) = (result.attempt, result.language)
        switch result.verdict {
        case .accepted: state = .accepted
        case .retry(let at, let text, let counts):
            (state, detail, nextAt, failures) = (.pending, text, at.milliseconds, counts ? 1 : 0)
        case .rejected(let why, let text): (state, reason, detail) = (.rejected, why, text)
        case .expired: (state, reason) = (.expired, .expired)
        case .gaveUp(let text): (state, reason, detail) = (.dead, .providerGaveUp, text)
        case .unknown(let text): (state, reason, detail) = (.unknown, .outcomeUnknown, text)
        }
    }
}

extension DeliveryResult {
    fileprivate var providerID: String? { if case .accepted(let id) = verdict { id } else { nil } }
}

extension [DeliveryResult] {
    /// Each row with the provider's id or null, as a JSON object.
    fileprivate var providerIDs: String {
        var writer = JSONObjectWriter(capacity: 128 * count)
        for result in self { writer.add("\(result.id.rawValue)", result.providerID.map(JSONValue.string) ?? .null) }
        return String(decoding: writer.finish(), as: UTF8.self)
    }
}
