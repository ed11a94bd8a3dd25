internal import Failpoints
internal import GRDB
package import Core

extension Ledger {
    /// What a provider says about a delivery after the fact. Rows move up in rank only (`accepted`, `delivered`, `opened`,
    /// `clicked`); one that is `unknown`, or that waits for another attempt, is settled by it. `rejected` ends a row that
    /// nobody is known to have received.
    ///
    /// - Parameters:
    ///   - account: the account whose callback it is; deliveries of others are not found.
    ///   - detail: the provider's own code; no personal data.
    package func apply(_ state: DeliveryState, to reference: DeliveryReference, account: Int64, detail: String,
                       at: Timestamp) async throws -> StatusEffect {
        let effect = try await write { ledger in
            let effect = try ledger.apply(state, to: reference, account: account, detail: detail, at: at)
            failpoint("callback.before")
            return effect
        }
        failpoint("callback.after")
        return effect
    }

    /// A watermark: everything that was sent to the subscription up to then has that state. Rows whose outcome is unknown
    /// stay so: the provider may never have had them.
    ///
    /// - Returns: how many rows moved.
    package func apply(_ state: DeliveryState, upTo: Timestamp, subscription: SubscriptionID) async throws -> Int {
        try await write { try $0.apply(state, upTo: upTo, subscription: subscription) }
    }

    /// Forgets statuses that no result has claimed since then.
    package func forgetEarlyStatuses(before: Timestamp) async throws -> Int {
        try await write { ledger in
            // Returns nothing. Removes old statuses.
            try ledger.run("DELETE FROM early_status WHERE at < ?", [before.milliseconds])
        }
    }
}

/// The statement that callbacks begin with, apart so that a test can ask for its query plan.
enum StatusSQL {
    /// Returns the latest row with an id of the provider's, on a channel whose providers call back. Changes nothing.
    static let byProvider = "SELECT id, urgent FROM delivery WHERE account = ? AND provider_id = ? AND provider_id IS NOT NULL AND (channel = 'sms' OR channel = 'messenger') ORDER BY id DESC LIMIT 1"
}

extension LedgerTransaction {
    func apply(_ state: DeliveryState, to reference: DeliveryReference, account: Int64, detail: String,
               at: Timestamp) throws -> StatusEffect {
        switch reference {
        case .delivery(let id):
            // Returns whether a row of the account is a message's. Changes nothing.
            guard let found = try row("SELECT urgent FROM delivery WHERE id = ? AND account = ?", [id.rawValue, account])
            else { return .notFound }
            return try move(id, to: state, detail: detail, isOfMessage: found[0])
        case .provider(let providerID):
            if let found = try row(StatusSQL.byProvider, [account, providerID]) {
                return try move(DeliveryID(rawValue: found[0]), to: state, detail: detail, isOfMessage: found[1])
            }
            guard !state.settled.isEmpty else { return .unchanged }
            // Returns nothing. Keeps a status, once.
            try run("INSERT OR IGNORE INTO early_status (account, provider_id, state, detail, at) VALUES (?, ?, ?, ?, ?)",
                    [account, providerID, state.rawValue, detail, at.milliseconds])
            return .early
        }
    }

    /// Applies the statuses that were there before the provider's ids of these rows were known, the best news first.
    func mergeEarly(into ids: [Int64]) throws {
        // Returns which rows of a JSON array have kept statuses. Changes nothing.
        for overtaken in try rows("""
            SELECT DISTINCT d.id, d.account, d.provider_id, d.urgent FROM json_each(?) j CROSS JOIN delivery d ON d.id = j.value
                CROSS JOIN early_status e ON e.account = d.account AND e.provider_id = d.provider_id
            """, [ids.json]) {
            let (id, account, providerID) = (overtaken[0] as Int64, overtaken[1] as Int64, overtaken[2] as String)
            // Returns the kept statuses of an id. Removes them.
            let early = try rows("DELETE FROM early_status WHERE account = ? AND provider_id = ? RETURNING state, detail",
                                 [account, providerID])
            let ranked = early.compactMap { row in DeliveryState(rawValue: row[0]).map { ($0, row[1] as String) } }
                .sorted { ($0.0.rank ?? -1) > ($1.0.rank ?? -1) }
            for (state, detail) in ranked { _ = try move(DeliveryID(rawValue: id), to: state, detail: detail, isOfMessage: overtaken[3]) }
        }
    }

    private func move(_ id: DeliveryID, to state: DeliveryState, detail: String, isOfMessage: Bool) throws -> StatusEffect {
        let sources = state.settled
        guard !sources.isEmpty else { return .unchanged }
        // Returns nothing. Moves a row that was attempted and is in one of the states of a JSON array.
        let moved = try run("""
            UPDATE delivery SET state = ?1, reason = iif(?1 = 'rejected', 'provider_permanent', NULL), detail = nullif(?2, ''),
                epoch = NULL, updated_at = ?3
            WHERE id = ?4 AND attempt > 0 AND state IN (SELECT value FROM json_each(?5))
            """, [state.rawValue, detail, now.milliseconds, id.rawValue, JSONValue.array(sources.map { .string($0.rawValue) }).text])
        guard moved == 1 else { return .unchanged }
        if isOfMessage { try note([id.rawValue]) }
        return .moved(id, state)
    }

    func apply(_ state: DeliveryState, upTo: Timestamp, subscription: SubscriptionID) throws -> Int {
        let sources = state.settled.filter { $0.rank ?? 0 > 0 }
        guard state.rank ?? 0 > 1 else { return 0 }
        // Returns which of them are messages'. Moves rows of one subscription that were sent by then, found by its owner.
        let moved = try rows("""
            UPDATE delivery SET state = ?1, updated_at = ?2
            WHERE profile = (SELECT profile FROM app.subscription WHERE id = ?3) AND subscription = ?3 AND sent_at <= ?4
              AND state IN (SELECT value FROM json_each(?5))
            RETURNING id, urgent
            """, [state.rawValue, now.milliseconds, subscription.rawValue, upTo.milliseconds,
                  JSONValue.array(sources.map { .string($0.rawValue) }).text])
        try note(moved.filter { $0[1] }.map { $0[0] as Int64 })
        return moved.count
    }
}

extension DeliveryState {
    /// The states that a callback with this one ends; empty for a state that callbacks do not speak of.
    var settled: [DeliveryState] {
        switch self {
        case .rejected: [.sending, .accepted, .unknown]
        case .accepted, .delivered, .opened, .clicked:
            // A row that waits for another attempt need not go again once the provider says it has the first.
            [.pending, .leased, .sending] + DeliveryState.allCases.filter { $0.rank ?? .max < rank ?? 0 }
        default: []
        }
    }
}
