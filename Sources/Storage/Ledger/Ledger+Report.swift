internal import GRDB
package import Core

extension Ledger {
    /// The launch of a campaign in numbers; nil before its audience is frozen.
    package func report(_ campaign: CampaignID) async throws -> LedgerReport? {
        try await read { ledger in try ledger.run(of: campaign, kind: .launch).map { try ledger.report($0) } }
    }

    package func report(_ run: RunID) async throws -> LedgerReport? {
        try await read { ledger in try ledger.run(run).map { try ledger.report($0) } }
    }

    /// Rows of a campaign's launch, oldest first. Members without a row are not in it.
    ///
    /// - Parameter after: the last one of the page before.
    package func deliveries(of campaign: CampaignID, matching filter: DeliveryFilter = DeliveryFilter(),
                            after: DeliveryID? = nil, limit: Int) async throws -> [DeliveryRecord] {
        try await read { ledger in
            guard let run = try ledger.run(of: campaign, kind: .launch) else { return [] }
            return try ledger.deliveries(of: run.id, matching: filter, after: after, limit: limit)
        }
    }

    package func deliveries(of run: RunID, matching filter: DeliveryFilter = DeliveryFilter(), after: DeliveryID? = nil,
                            limit: Int) async throws -> [DeliveryRecord] {
        try await read { try $0.deliveries(of: run, matching: filter, after: after, limit: limit) }
    }

    /// Everything the ledger knows about one person, newest first.
    package func deliveries(to profile: ProfileID, before: DeliveryID? = nil, limit: Int) async throws -> [DeliveryRecord] {
        try await read { ledger in
            // Returns rows of a person. Changes nothing.
            try ledger.rows("""
                SELECT d.*, p.external_id FROM delivery d LEFT JOIN app.profile p ON p.id = d.profile
                WHERE d.profile = ? AND d.id < ? ORDER BY d.id DESC LIMIT ?
                """, [profile.rawValue, before?.rawValue ?? Int64.max, limit]).map(DeliveryRecord.init(row:))
        }
    }

    package func delivery(_ id: DeliveryID) async throws -> DeliveryRecord? {
        try await read { ledger in
            // Returns one row. Changes nothing.
            try ledger.row("""
                SELECT d.*, p.external_id FROM delivery d LEFT JOIN app.profile p ON p.id = d.profile WHERE d.id = ?
                """, [id.rawValue]).map(DeliveryRecord.init(row:))
        }
    }

    /// What is left of unfinished runs of campaigns, by account: the engine's work.
    package func activeRuns() async throws -> [ActiveRun] { try await read { try $0.activeRuns() } }

    /// Runs of campaigns that are not finished, with or without work left.
    package func openRuns() async throws -> [LedgerRun] {
        try await read { ledger in
            // Returns the unfinished runs. Changes nothing.
            try ledger.rows("SELECT * FROM run WHERE finished_at IS NULL AND kind <> 'message' ORDER BY id").map(LedgerRun.init(row:))
        }
    }

    /// Rows in open states by account, for the metrics; members without a row count as `pending`.
    package func openCounts() async throws -> [Int64: [DeliveryState: Int]] {
        try await read { ledger in
            var counts: [Int64: [DeliveryState: Int]] = [:]
            // Returns accounts, states and numbers. Changes nothing.
            for row in try ledger.rows("""
                SELECT account, 'pending', count(*) FROM delivery INDEXED BY delivery_due WHERE state = 'pending' GROUP BY account
                UNION ALL SELECT account, 'pending', sum(count) FROM chunk WHERE account IS NOT NULL GROUP BY account
                UNION ALL SELECT account, state, count(*) FROM delivery INDEXED BY delivery_claimed
                          WHERE epoch IS NOT NULL GROUP BY account, state
                """) {
                guard let state = DeliveryState(rawValue: row[1]) else { continue }
                counts[row[0], default: [:]][state, default: 0] += row[2]
            }
            return counts
        }
    }
}

/// The statement of the report, apart so that a test can ask for its query plan.
enum ReportSQL {
    /// Returns the rows of a run counted by channel, state, reason and language. Changes nothing.
    static let cells = """
        SELECT channel, state, reason, language, count(*) FROM delivery INDEXED BY delivery_ended
        WHERE run = ?1 AND epoch IS NULL AND state <> 'pending' GROUP BY state, reason, channel, language
        UNION ALL
        SELECT channel, 'pending', NULL, NULL, sum(count) FROM (
            SELECT channel, 1 AS count FROM delivery INDEXED BY delivery_due WHERE run = ?1 AND state = 'pending'
            UNION ALL SELECT channel, count FROM chunk WHERE run = ?1) GROUP BY channel
        UNION ALL
        SELECT channel, state, NULL, NULL, count(*) FROM delivery INDEXED BY delivery_claimed
        WHERE run = ?1 AND epoch IS NOT NULL GROUP BY channel, state
        """
}

extension LedgerTransaction {
    func report(_ run: LedgerRun) throws -> LedgerReport {
        let cells = try rows(ReportSQL.cells, [run.id.rawValue])
        return LedgerReport(run: run, cells: cells.compactMap { row in
            guard let state = DeliveryState(rawValue: row[1]) else { return nil }
            return LedgerReport.Cell(channel: (row[0] as String?).flatMap(Channel.init(rawValue:)), state: state,
                                     reason: (row[2] as String?).flatMap(Reason.init(rawValue:)), language: row[3], count: row[4])
        })
    }

    func deliveries(of run: RunID, matching filter: DeliveryFilter, after: DeliveryID?, limit: Int) throws -> [DeliveryRecord] {
        // The conditions repeat those of the partial indexes, or SQLite would not use them.
        var conditions = ["d.run = :run", "d.id > :after"]
        var index = filter.profile == nil ? "delivery_of_run" : "delivery_by_profile"
        switch filter.state {
        case .pending?:
            conditions.append("d.state = 'pending'")
            index = "delivery_due"
        case .leased?, .sending?:
            conditions.append("d.epoch IS NOT NULL AND d.state = :state")
            index = "delivery_claimed"
        case .some:
            conditions.append("d.epoch IS NULL AND d.state <> 'pending' AND d.state = :state")
            if filter.profile == nil { index = "delivery_ended" }
        case nil:
            if filter.reason != nil {
                conditions.append("""
                    d.epoch IS NULL AND d.state <> 'pending'
                    AND d.state IN ('skipped', 'expired', 'cancelled', 'rejected', 'dead', 'unknown')
                    """)
                if filter.profile == nil { index = "delivery_ended" }
            }
        }
        if filter.reason != nil { conditions.append("d.reason = :reason") }
        if filter.profile != nil { conditions.append("d.profile = :profile") }
        if filter.channel != nil { conditions.append("d.channel = :channel") }
        var arguments: [String: (any DatabaseValueConvertible)?] = [
            "run": run.rawValue, "after": after?.rawValue ?? 0, "limit": limit,
        ]
        if let state = filter.state, state != .pending { arguments["state"] = state.rawValue }
        if let reason = filter.reason { arguments["reason"] = reason.rawValue }
        if let profile = filter.profile { arguments["profile"] = profile.rawValue }
        if let channel = filter.channel { arguments["channel"] = channel.rawValue }
        // Returns a page of rows. Changes nothing.
        return try rows("""
            SELECT d.*, p.external_id FROM delivery d INDEXED BY \(index) LEFT JOIN app.profile p ON p.id = d.profile
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY d.id LIMIT :limit
            """, StatementArguments(arguments)).map(DeliveryRecord.init(row:))
    }

    fileprivate func activeRuns() throws -> [ActiveRun] {
        // Returns what is left of each unfinished run on each account. Changes nothing; however many messages are open.
        try rows("""
            WITH open AS (SELECT id FROM run WHERE finished_at IS NULL AND kind <> 'message')
            SELECT r.*, x.account AS at_account, sum(x.waiting) AS waiting, sum(x.claimed) AS claimed, min(x.next_at) AS next_at FROM (
                SELECT run, account, sum(count) AS waiting, 0 AS claimed, NULL AS next_at FROM chunk GROUP BY run, account
                UNION ALL SELECT d.run, d.account, count(*), 0, min(d.next_at) FROM open
                          CROSS JOIN delivery d INDEXED BY delivery_due ON d.run = open.id WHERE d.state = 'pending' GROUP BY d.run, d.account
                UNION ALL SELECT d.run, d.account, 0, count(*), NULL FROM open
                          CROSS JOIN delivery d INDEXED BY delivery_claimed ON d.run = open.id
                          WHERE d.epoch IS NOT NULL GROUP BY d.run, d.account
            ) x JOIN run r ON r.id = x.run GROUP BY x.run, x.account ORDER BY x.run, x.account
            """).map { row in
            ActiveRun(run: LedgerRun(row: row), account: row["at_account"], waiting: row["waiting"], claimed: row["claimed"],
                      nextAt: row.time("next_at"))
        }
    }
}

extension DeliveryRecord {
    /// - Precondition: a row of `delivery` with its profile's `external_id`.
    fileprivate init(row: Row) {
        id = DeliveryID(rawValue: row["id"])
        run = RunID(rawValue: row["run"])
        profile = ProfileID(rawValue: row["profile"])
        externalID = row["external_id"]
        subscription = (row["subscription"] as Int64?).map(SubscriptionID.init(rawValue:))
        account = row["account"]
        channel = (row["channel"] as String?).flatMap(Channel.init(rawValue:))
        state = DeliveryState(rawValue: row["state"]) ?? .unknown
        reason = (row["reason"] as String?).flatMap(Reason.init(rawValue:))
        detail = row["detail"]
        language = row["language"]
        attempt = row["attempt"]
        nextAt = state == .pending ? row.time("next_at").flatMap { $0.milliseconds > 0 ? $0 : nil } : nil
        providerID = row["provider_id"]
        sentAt = row.time("sent_at")
        updatedAt = Timestamp(milliseconds: row["updated_at"])
    }
}
