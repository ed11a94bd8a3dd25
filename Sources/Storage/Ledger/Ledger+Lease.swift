internal import Failpoints
internal import GRDB
package import Core

extension Ledger {
    /// T1: takes the recipients of one account whose turn it is, `pending -> leased`. Costs nothing to undo. On the way
    /// people who withdrew, whose address died or went to somebody else become `skipped` with their reason, and those of
    /// a run that is over in time `expired`. Rows of a campaign that is not running are left alone.
    package func lease(account: Int64, shares: [LeaseShare], epoch: Int64, now: Timestamp,
                       completion: @escaping Completion<Lease>) {
        submit(at: now, { ledger in
            let lease = try ledger.lease(account: account, shares: shares, epoch: epoch)
            failpoint("lease.before")
            return lease
        }, completion: {
            failpoint("lease.after")
            completion($0)
        })
    }

    /// `leased -> pending`: the engine will not get to them now. Completes with the number of rows.
    package func release(_ ids: [DeliveryID], epoch: Int64, now: Timestamp, completion: @escaping Completion<Int>) {
        submit(at: now, { try $0.release(ids, epoch: epoch) }, completion: completion)
    }

    /// `leased -> skipped` or `expired`: policy, content or the channel refused them. Completes with the number of rows.
    package func refuse(_ refusals: [Refusal], epoch: Int64, now: Timestamp, completion: @escaping Completion<Int>) {
        submit(at: now, { try $0.refuse(refusals, epoch: epoch) }, completion: completion)
    }
}

/// The statements of the lease, apart so that a test can ask for their query plans.
enum LeaseSQL {
    /// Returns the rows of ?1 run and ?2 account that are due at ?3, at most ?4, earliest first. Changes nothing.
    static let due = """
        SELECT d.id, d.subscription, d.profile, d.attempt, d.failures
        FROM (SELECT id FROM delivery WHERE run = ?1 AND account = ?2 AND state = 'pending' AND next_at <= ?3 ORDER BY next_at LIMIT ?4) due
            CROSS JOIN delivery d ON d.id = due.id
        """

    /// Returns what claiming and rendering need of subscriptions (?, a JSON array) and their owners, with the place in the array. Changes nothing.
    static let recipients = """
        SELECT j.key, s.profile, s.account, s.opt_in, s.status = 'active', s.channel, s.address, s.address_keys, s.window_expires_at, s.language,
               s.app_version, s.registered_at, p.language, p.country, p.timezone, p.external_id, p.attributes
        FROM json_each(?) j CROSS JOIN app.subscription s ON s.id = j.value CROSS JOIN app.profile p ON p.id = s.profile
        """

    /// Returns the tags of people (?, a JSON array), with the place in the array; those of one in the order of the primary key, sorted. Changes nothing.
    static let tags = "SELECT j.key, t.tag FROM json_each(?) j CROSS JOIN app.profile_tag t ON t.profile = j.value"

    /// Returns nothing. Leases rows that are due.
    static let lease = """
        UPDATE delivery SET state = 'leased', epoch = ?2, updated_at = ?3 WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'pending'
        """

    /// Returns nothing. Ends a row that is due and cannot be reached any more.
    static let skip = "UPDATE delivery SET state = 'skipped', reason = ?, detail = ?, updated_at = ? WHERE id = ? AND state = 'pending'"

    /// Whether a row's subscription still is the one that was chosen, and its owner still agrees (guarantee G4).
    static let reachable = """
        EXISTS (SELECT 1 FROM app.subscription s WHERE s.id = delivery.subscription AND s.profile = delivery.profile
                AND s.account = delivery.account AND s.opt_in = 1 AND s.status = 'active')
        """
}

extension LedgerTransaction {
    /// What one share looks at in one lease at most, so that a commit stays short however many are not reachable.
    private static let maxLooks = 2_048

    func lease(account: Int64, shares: [LeaseShare], epoch: Int64) throws -> Lease {
        var lease = Lease()
        for share in shares where share.limit > 0 {
            // Returns a run and whether its campaign lets it go on. Changes nothing.
            guard let found = try row("""
                SELECT r.*, (r.kind = 'test' AND c.id IS NOT NULL OR c.state = 'running') IS TRUE AS is_open
                FROM run r LEFT JOIN app.campaign c ON c.id = r.campaign WHERE r.id = ? AND r.finished_at IS NULL
                """, [share.run.rawValue]), found["is_open"]
            else {
                lease.rests.append(Lease.Rest(run: share.run, hasMore: false, nextAt: nil))
                continue
            }
            let run = LedgerRun(row: found)
            if let expiresAt = run.expiresAt, expiresAt <= now {
                lease.expired += try sweep(run.id, account: account, as: .expired)
            } else {
                try take(share.limit, of: run, account: account, epoch: epoch, into: &lease)
            }
            lease.rests.append(try rest(of: run.id, account: account))
        }
        return lease
    }

    /// Rows first, which wait for another attempt, then members that have no row yet: theirs is made as it is claimed.
    private func take(_ limit: Int, of run: LedgerRun, account: Int64, epoch: Int64, into lease: inout Lease) throws {
        let end = lease.deliveries.count + limit
        let reader = try RecipientReader(self, account: account)
        var looks = 0
        while lease.deliveries.count < end, looks < LedgerTransaction.maxLooks {
            let due = try statement(LeaseSQL.due).all(run.id.rawValue, account, now.milliseconds, Int64(end - lease.deliveries.count)) { row in
                RecipientReader.Candidate(row: row.int(0), run: run, subscription: row.int(1), profile: row.int(2),
                                          attempt: Int(row.int(3)), failures: Int(row.int(4)))
            }
            if due.isEmpty { break }
            looks += due.count
            var claimed: [LeasedDelivery] = []
            for (row, finding) in zip(due, try reader.look(at: due)) {
                switch finding {
                case .reachable(let delivery): claimed.append(delivery)
                case .refused(let reason, let detail):
                    try statement(LeaseSQL.skip).run(reason.rawValue, detail, now.milliseconds, row.row)
                    lease.skipped += 1
                }
            }
            try claim(claimed, epoch: epoch)
            lease.deliveries += claimed
        }
        while lease.deliveries.count < end, looks < LedgerTransaction.maxLooks {
            let claimed = try claimNext(end - lease.deliveries.count, of: run, account: account, epoch: epoch, reader, into: &lease)
            if claimed == 0 { break }
            looks += claimed
        }
    }

    /// Makes rows of the next members of an account, `leased` or `skipped`.
    ///
    /// - Returns: how many rows were made; 0 when no chunk is left.
    private func claimNext(_ limit: Int, of run: LedgerRun, account: Int64, epoch: Int64, _ reader: RecipientReader,
                           into lease: inout Lease) throws -> Int {
        try expandNext(run.id, account: account, limit: limit) { members in
            let candidates = members.map {
                RecipientReader.Candidate(row: $0.id, run: run, subscription: $0.subscription, profile: $0.profile)
            }
            return try reader.look(at: candidates).map { finding in
                switch finding {
                case .reachable(let delivery):
                    lease.deliveries.append(delivery)
                    return ExpandedState(state: .leased, reason: nil, epoch: epoch)
                case .refused(let reason, let detail):
                    lease.skipped += 1
                    return ExpandedState(state: .skipped, reason: reason, detail: detail)
                }
            }
        }
    }

    func claim(_ deliveries: [LeasedDelivery], epoch: Int64) throws {
        guard !deliveries.isEmpty else { return }
        try statement(LeaseSQL.lease).run(deliveries.lazy.map(\.id.rawValue).json, epoch, now.milliseconds)
    }

    private func rest(of run: RunID, account: Int64) throws -> Lease.Rest {
        // Returns when the next pending row is due. Changes nothing.
        let nextAt = try row("SELECT min(next_at) FROM delivery WHERE run = ? AND account = ? AND state = 'pending'",
                             [run.rawValue, account]).flatMap { $0[0] as Int64? }
        // Returns whether members have no rows yet. Changes nothing.
        let unexpanded = try count("SELECT EXISTS (SELECT 1 FROM chunk WHERE run = ? AND account = ?)", [run.rawValue, account])
        let hasMore = unexpanded > 0 || nextAt.map { $0 <= now.milliseconds } ?? false
        return Lease.Rest(run: run, hasMore: hasMore, nextAt: hasMore ? nil : nextAt.map(Timestamp.init(milliseconds:)))
    }

    func release(_ ids: [DeliveryID], epoch: Int64) throws -> Int {
        // Returns nothing. Undoes leases of this boot.
        try run("""
            UPDATE delivery SET state = 'pending', epoch = NULL, updated_at = ?
            WHERE id IN (SELECT value FROM json_each(?)) AND state = 'leased' AND epoch = ?
            """, [now.milliseconds, ids.lazy.map(\.rawValue).json, epoch])
    }

    func refuse(_ refusals: [Refusal], epoch: Int64) throws -> Int {
        var (changed, ofMessages) = (0, [Int64]())
        for refusal in refusals {
            // Returns nothing. Ends a lease of this boot without a send.
            guard try run("""
                UPDATE delivery SET state = ?, reason = ?, detail = ?, language = ifnull(?, language), epoch = NULL, updated_at = ?
                WHERE id = ? AND state = 'leased' AND epoch = ?
                """, [refusal.reason == .expired ? "expired" : "skipped", refusal.reason.rawValue, refusal.detail,
                      refusal.language, now.milliseconds, refusal.id.rawValue, epoch]) == 1 else { continue }
            changed += 1
            if refusal.message != nil { ofMessages.append(refusal.id.rawValue) }
        }
        try note(ofMessages)
        return changed
    }
}
