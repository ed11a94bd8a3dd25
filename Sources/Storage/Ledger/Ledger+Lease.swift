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
    /// The rows of ?1 run and ?2 account that are due at ?3, at most ?4, earliest first.
    static let due = """
        SELECT id FROM delivery WHERE run = ?1 AND account = ?2 AND state = 'pending' AND next_at <= ?3 ORDER BY next_at LIMIT ?4
        """

    /// Whether a row's subscription still is the one that was chosen, and its owner still agrees (guarantee G4).
    static let reachable = """
        EXISTS (SELECT 1 FROM app.subscription s WHERE s.id = delivery.subscription AND s.profile = delivery.profile
                AND s.account = delivery.account AND s.opt_in = 1 AND s.status = 'active')
        """

    /// Returns nothing. Skips the due rows that are not reachable any more, with the reason.
    static let skip = """
        UPDATE delivery SET state = 'skipped', updated_at = ?3,
            reason = ifnull((SELECT CASE WHEN s.profile <> delivery.profile OR s.account <> delivery.account THEN 'no_subscription'
                                         WHEN s.opt_in = 0 THEN 'no_consent' ELSE 'subscription_invalid' END
                             FROM app.subscription s WHERE s.id = delivery.subscription), 'no_subscription'),
            detail = ifnull((SELECT iif(s.profile <> delivery.profile OR s.account <> delivery.account, 'subscription_moved', NULL)
                             FROM app.subscription s WHERE s.id = delivery.subscription),
                            iif(EXISTS (SELECT 1 FROM app.subscription s WHERE s.id = delivery.subscription), NULL, 'subscription_deleted'))
        WHERE id IN (\(due)) AND state = 'pending' AND NOT \(reachable)
        """

    /// Returns the ids. Leases the due rows that are reachable to the boot ?5.
    static let lease = """
        UPDATE delivery SET state = 'leased', epoch = ?5, updated_at = ?3
        WHERE id IN (\(due)) AND state = 'pending' AND \(reachable) RETURNING id
        """

    /// Returns what rendering needs of the leased rows whose ids are in a JSON array. Changes nothing.
    static let read = """
        SELECT d.id, d.attempt, d.failures, d.subscription, d.profile, s.address, s.address_keys, s.window_expires_at, s.language,
               s.app_version, s.registered_at, p.language, p.country, p.timezone, p.external_id, p.attributes
        FROM json_each(?) j CROSS JOIN delivery d ON d.id = j.value
             CROSS JOIN app.subscription s ON s.id = d.subscription CROSS JOIN app.profile p ON p.id = d.profile
        """
}

extension LedgerTransaction {
    /// What one lease does at most for a share, so that a commit stays short: members it expands, and times it looks again
    /// because the rows it looked at were not reachable.
    private static let maxExpanded = 2 * FrozenChunk.maxMembers
    private static let maxRounds = 8

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
                try take(share, of: run, account: account, epoch: epoch, into: &lease)
            }
            lease.rests.append(try rest(of: run.id, account: account))
        }
        return lease
    }

    private func take(_ share: LeaseShare, of run: LedgerRun, account: Int64, epoch: Int64, into lease: inout Lease) throws {
        var ids: [Int64] = []
        var expanded = 0
        for _ in 0..<LedgerTransaction.maxRounds where ids.count < share.limit {
            let wanted = share.limit - ids.count
            let due: StatementArguments = [run.id.rawValue, account, now.milliseconds, wanted]
            // Returns how many rows are due, at most as many as are wanted. Changes nothing.
            var waiting = try count("SELECT count(*) FROM (\(LeaseSQL.due))", due)
            while waiting < wanted, expanded < LedgerTransaction.maxExpanded {
                let made = try expandNext(run.id, account: account, as: .pending)
                if made == 0 { break }
                waiting += made
                expanded += made
            }
            let skipped = try self.run(LeaseSQL.skip, due)
            let leased = try numbers(LeaseSQL.lease, due + [epoch])
            lease.skipped += skipped
            ids += leased
            if skipped == 0 && leased.isEmpty { break }
        }
        guard !ids.isEmpty else { return }
        let deliveries = try deliveries(leased: ids, run: run, account: account)
        lease.deliveries += deliveries
        let readable = Set(deliveries.map(\.id.rawValue))
        if readable.count < ids.count {
            // An address that its channel cannot read was not written by this program.
            let unreadable = ids.filter { !readable.contains($0) }
                .map { Refusal(id: DeliveryID(rawValue: $0), reason: .subscriptionInvalid, detail: "address_unreadable") }
            lease.skipped += try refuse(unreadable, epoch: epoch)
        }
    }

    private func deliveries(leased ids: [Int64], run: LedgerRun, account: Int64) throws -> [LeasedDelivery] {
        let rows = try rows(LeaseSQL.read, [ids.json])
        var tags: [Int64: [String]] = [:]
        // Returns the tags of the profiles in a JSON array, sorted within each. Changes nothing.
        for row in try self.rows("""
            SELECT t.profile, t.tag FROM json_each(?) j CROSS JOIN app.profile_tag t ON t.profile = j.value
            """, [Set(rows.map { $0[4] as Int64 }).json]) {
            tags[row[0], default: []].append(row[1])
        }
        // Returns the channel of an account. Changes nothing.
        guard let channel = try row("SELECT channel FROM app.account WHERE id = ?", [account])
            .flatMap({ Channel(rawValue: $0[0]) }) else { return [] }
        return rows.compactMap { row in
            guard let address = Address(channel: channel, identity: row[5], keys: row[6]) else { return nil }
            return LeasedDelivery(
                id: DeliveryID(rawValue: row[0]), run: run.id, campaign: run.campaign, account: account,
                attempt: (row[1] as Int) + 1, failures: row[2], subscription: SubscriptionID(rawValue: row[3]),
                profile: ProfileID(rawValue: row[4]), address: address,
                windowExpiresAt: (row[7] as Int64?).map(Timestamp.init(milliseconds:)), subscriptionLanguage: row[8],
                language: row[11], country: row[12], timezone: row[13], externalID: row[14], attributes: row[15],
                tags: tags[row[4]] ?? [], appVersion: row[9], registeredAt: Timestamp(milliseconds: row[10]),
                expiresAt: run.expiresAt)
        }
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
        try refusals.reduce(0) { changed, refusal in
            // Returns nothing. Ends a lease of this boot without a send.
            try changed + run("""
                UPDATE delivery SET state = ?, reason = ?, detail = ?, language = ifnull(?, language), epoch = NULL, updated_at = ?
                WHERE id = ? AND state = 'leased' AND epoch = ?
                """, [refusal.reason == .expired ? "expired" : "skipped", refusal.reason.rawValue, refusal.detail,
                      refusal.language, now.milliseconds, refusal.id.rawValue, epoch])
        }
    }
}
