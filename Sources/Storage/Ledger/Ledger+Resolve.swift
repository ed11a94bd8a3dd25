import Foundation
internal import GRDB
package import Core

/// What an operator says of rows whose outcome is unknown.
package struct Resolution: Sendable {
    package enum Outcome: String, Sendable, CaseIterable {
        /// The provider had them, or it did not want them.
        case accepted, rejected
        /// It never had them: they go again.
        case resend
    }

    package enum Subject: Sendable, Hashable, CustomStringConvertible {
        /// Its launch.
        case campaign(CampaignID)
        case message(MessageID)

        package var description: String {
            switch self {
            case .campaign(let id): id.description
            case .message(let id): id.description
            }
        }
    }

    package let subject: Subject
    package let outcome: Outcome
    /// What narrows it down; nil does not.
    package let channel: Channel?
    package let account: Int64?
    package let delivery: DeliveryID?
    /// The same for every repeat of the request, and the hash of what it asks for.
    package let token: String
    package let requestHash: [UInt8]

    package init(of subject: Subject, outcome: Outcome, channel: Channel?, account: Int64?, delivery: DeliveryID?, token: String,
                 requestHash: [UInt8]) {
        self.subject = subject
        self.outcome = outcome
        self.channel = channel
        self.account = account
        self.delivery = delivery
        self.token = token
        self.requestHash = requestHash
    }
}

/// What a resolution came to.
package enum ResolutionEffect: Sendable, Equatable {
    case resolved(Int)
    /// The token was used for something else: nothing has changed.
    case tokenReused
    /// The campaign has not been launched; the message's rows are not made yet.
    case notBegun
    /// The delivery is none of this launch, or message.
    case notOfRun
    /// The run is over, or its time is up: its rows do not go again.
    case isOver
}

extension Ledger {
    /// How long a repeat of a resolution is told the count of the first: longer than its answer is kept.
    private static let memory = Duration.seconds(8 * 86_400)

    /// Settles rows of a launch or a message that are `unknown`, in one transaction: `accepted`, `rejected`, or `pending` again while the
    /// campaign goes on and it is worth sending. Callbacks that come later move them on as ever.
    package func resolve(_ resolution: Resolution) async throws -> ResolutionEffect {
        try await write { try $0.resolve(resolution, forgetting: $0.now - Ledger.memory) }
    }
}

/// The statement of a resolution, apart so that a test can ask for its query plan.
enum ResolveSQL {
    /// Returns nothing. Settles rows of ?1 run: ?2 state, ?3 reason, ?4 detail, at ?5, of ?6 channel, ?7 account, ?8 delivery unless null.
    static let settle = """
        UPDATE delivery SET state = ?2, reason = ?3, detail = ?4, updated_at = ?5, next_at = 0, boots = 0
        WHERE state = 'unknown' AND id IN (
            SELECT id FROM delivery INDEXED BY delivery_ended
            WHERE run = ?1 AND epoch IS NULL AND state <> 'pending' AND state = 'unknown'
              AND (?6 IS NULL OR channel = ?6) AND (?7 IS NULL OR account = ?7) AND (?8 IS NULL OR id = ?8))
        """

    /// Returns the rows. Settles the few of a message.
    static let settleMessage = settle + " RETURNING id"
}

extension LedgerTransaction {
    fileprivate func resolve(_ resolution: Resolution, forgetting old: Timestamp) throws -> ResolutionEffect {
        // Returns the count and the request of a resolution that was made. Changes nothing.
        if let made = try row("SELECT count, request_hash FROM resolution WHERE token = ?", [resolution.token]) {
            return Array(made[1] as Data) == resolution.requestHash ? .resolved(made[0]) : .tokenReused
        }
        let found = switch resolution.subject {
        case .campaign(let id): try run(of: id, kind: .launch)
        case .message(let id): try run(of: id)
        }
        guard let run = found else { return .notBegun }
        if let delivery = resolution.delivery {
            // Returns whether a row is one of a run. Changes nothing.
            guard try count("SELECT count(*) FROM delivery WHERE id = ? AND run = ?", [delivery.rawValue, run.id.rawValue]) == 1
            else { return .notOfRun }
        }
        if resolution.outcome == .resend, try !goesOn(run) { return .isOver }
        let (state, reason): (DeliveryState, Reason?) = switch resolution.outcome {
        case .accepted: (.accepted, nil)
        case .rejected: (.rejected, .providerPermanent)
        case .resend: (.pending, nil)
        }
        let settled = try settle(run, [
            run.id.rawValue, state.rawValue, reason?.rawValue, "operator", now.milliseconds, resolution.channel?.rawValue, resolution.account,
            resolution.delivery?.rawValue,
        ])
        // Returns nothing. Forgets resolutions that nobody repeats any more, and keeps this one.
        try self.run("DELETE FROM resolution WHERE at < ?", [old.milliseconds])
        try self.run("INSERT INTO resolution (token, request_hash, count, at) VALUES (?, ?, ?, ?)",
                     [resolution.token, Data(resolution.requestHash), settled, now.milliseconds])
        return .resolved(settled)
    }

    private func settle(_ run: LedgerRun, _ arguments: StatementArguments) throws -> Int {
        guard case .message = run.kind else { return try self.run(ResolveSQL.settle, arguments) }
        let settled = try numbers(ResolveSQL.settleMessage, arguments)
        try note(settled)
        return settled.count
    }

    private func goesOn(_ run: LedgerRun) throws -> Bool {
        guard run.finishedAt == nil, run.expiresAt.map({ $0 > now }) ?? true else { return false }
        if case .message = run.kind { return true }
        // Returns whether a campaign runs or will again. Changes nothing.
        return try count("SELECT count(*) FROM app.campaign WHERE id = ? AND (state = 'running' OR state = 'paused')", [run.campaign.rawValue]) == 1
    }
}
