internal import Failpoints
internal import GRDB
package import Core

extension Ledger {
    /// Ends everything of a campaign's launch that has not begun: `pending -> cancelled`, members without rows included, a
    /// chunk at a time. The campaign's state must have changed before, so that nothing new is leased. Rows that are leased
    /// or sending stay; `finishIfDone` ends what comes back of them.
    ///
    /// - Returns: how many rows became `cancelled`.
    package func cancel(_ campaign: CampaignID) async throws -> Int {
        guard let run = try await run(of: campaign), run.finishedAt == nil else { return 0 }
        return try await sweep(run.id, account: nil, as: .cancelled)
    }

    /// Ends what is left of a run on one account that cannot send any more, `pending -> skipped`, a chunk at a time.
    package func abandon(_ run: RunID, account: Int64, reason: Reason, detail: String) async throws -> Int {
        try await sweep(run, account: account, as: ExpandedState(state: .skipped, reason: reason, detail: detail))
    }

    /// Finishes a run when every member of its audience has a row and every row is terminal, counted from rows in the
    /// transaction that writes it down. Before that it makes the rows of people whom nobody reaches, and ends what is left
    /// of a run whose campaign is over or whose time is up.
    package func finishIfDone(_ id: RunID) async throws -> RunCompletion {
        try await expandUnreached(id)
        if let end = try await read({ try $0.endOfRest(of: id) }) { _ = try await sweep(id, account: nil, as: end) }
        let completion = try await write { ledger in
            let completion = try ledger.finishIfDone(id)
            if case .finished = completion { failpoint("completion.before") }
            return completion
        }
        if case .finished = completion { failpoint("completion.after") }
        return completion
    }

    private func sweep(_ run: RunID, account: Int64?, as end: ExpandedState) async throws -> Int {
        var swept = 0
        while true {
            try Task.checkCancellation()
            let some = try await write { try $0.sweep(run, account: account, as: end) }
            if some == 0 { return swept }
            swept += some
        }
    }
}

extension ExpandedState {
    static let expired = ExpandedState(state: .expired, reason: .expired)
    static let cancelled = ExpandedState(state: .cancelled, reason: .campaignCancelled)
}

/// The statements of completion, apart so that a test can ask for their query plans.
enum FinishSQL {
    /// Returns nothing. Ends pending rows of one account or of all.
    static let sweep = """
        UPDATE delivery SET state = ?3, reason = ?4, detail = ?5, updated_at = ?6
        WHERE state = 'pending' AND id IN (SELECT id FROM delivery INDEXED BY delivery_due
                                           WHERE run = ?1 AND state = 'pending' AND (?2 IS NULL OR account = ?2) LIMIT 2000)
        """

    /// Returns how many rows and members of a run are not terminal. Changes nothing.
    static let open = """
        SELECT (SELECT count(*) FROM delivery INDEXED BY delivery_due WHERE run = ?1 AND state = 'pending')
             + (SELECT count(*) FROM delivery INDEXED BY delivery_claimed WHERE run = ?1 AND epoch IS NOT NULL)
             + (SELECT ifnull(sum(count), 0) FROM chunk WHERE run = ?1)
        """
}

extension LedgerTransaction {
    /// Moves waiting rows of a run to a terminal state, then members that have no rows yet; about 2,000 a call.
    ///
    /// - Parameter account: nil means all accounts (the people whom nobody reaches are not waiting for one).
    /// - Returns: how many; 0 when nothing is left.
    func sweep(_ run: RunID, account: Int64?, as end: ExpandedState) throws -> Int {
        precondition(end.state.isTerminal, "a sweep ends rows")
        let swept = try self.run(FinishSQL.sweep, [run.rawValue, account, end.state.rawValue, end.reason?.rawValue, end.detail, now.milliseconds])
        if swept > 0 { return swept }
        // Returns the account of the next chunk. Changes nothing.
        guard let next = try row("""
            SELECT account FROM chunk WHERE run = ?1 AND account IS NOT NULL AND (?2 IS NULL OR account = ?2) LIMIT 1
            """, [run.rawValue, account]) else { return 0 }
        return try expandNext(run, account: next[0], as: end)
    }

    /// What the waiting rows of a run must become because its campaign is over or its time is up; nil when they go on.
    fileprivate func endOfRest(of id: RunID) throws -> ExpandedState? {
        guard let run = try run(id), run.finishedAt == nil else { return nil }
        // Returns the state of a campaign, none when it was deleted. Changes nothing.
        let state = try row("SELECT state FROM app.campaign WHERE id = ?", [run.campaign.rawValue])
            .flatMap { CampaignState(rawValue: $0[0]) }
        switch (state, run.kind) {
        case (nil, _), (.cancelled, .launch): return .cancelled
        case (.failed, .launch): return ExpandedState(state: .skipped, reason: .providerConfig)
        default: return run.expiresAt.map { $0 <= now } ?? false ? .expired : nil
        }
    }

    fileprivate func finishIfDone(_ id: RunID) throws -> RunCompletion {
        guard let run = try run(id) else { throw StorageError.notFound }
        if let finishedAt = run.finishedAt { return .finished(at: finishedAt) }
        let open = try openCount(of: id)
        guard open == 0 else { return .open(open) }
        // Returns how many rows the run has. Changes nothing.
        let counted = try count("SELECT count(*) FROM delivery WHERE run = ?", [id.rawValue])
        guard counted == run.audience else { return .inconsistent(counted: counted, audience: run.audience) }
        // Returns nothing. Sets the end once.
        try self.run("UPDATE run SET finished_at = ? WHERE id = ? AND finished_at IS NULL", [now.milliseconds, id.rawValue])
        return .finished(at: now)
    }

    /// Rows that are not terminal, and members without a row.
    func openCount(of run: RunID) throws -> Int {
        try count(FinishSQL.open, [run.rawValue])
    }
}
