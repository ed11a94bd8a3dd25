internal import GRDB
package import Core

extension StoreTransaction {
    package func createCampaign(name: String, purpose: Purpose, definition: String) throws -> Campaign {
        // Returns the new campaign, a draft. Adds its row.
        try one("""
            INSERT INTO campaign (name, purpose, definition, created_at, updated_at) VALUES (?, ?, ?, ?, ?) RETURNING *
            """, [name, purpose.rawValue, definition, now.milliseconds, now.milliseconds])
    }

    package func campaign(_ id: CampaignID) throws -> Campaign? {
        // Returns the campaign of a row id. Changes nothing.
        try row("SELECT * FROM campaign WHERE id = ?", [id.rawValue]).map(Campaign.init(row:))
    }

    /// Newest first.
    ///
    /// - Parameters:
    ///   - before: the last one of the page before.
    ///   - limit: at most so many.
    package func campaigns(before cursor: CampaignID? = nil, limit: Int) throws -> [Campaign] {
        // Returns one page of campaigns. Changes nothing.
        try rows("SELECT * FROM campaign WHERE id < ? ORDER BY id DESC LIMIT ?", [cursor?.rawValue ?? Int64.max, limit])
            .map(Campaign.init(row:))
    }

    /// All campaigns in these states, oldest first.
    package func campaigns(in states: Set<CampaignState>) throws -> [Campaign] {
        // Returns the campaigns in a JSON array of states. Changes nothing.
        try rows("SELECT * FROM campaign WHERE state IN (SELECT value FROM json_each(?)) ORDER BY id", [states.json])
            .map(Campaign.init(row:))
    }

    /// The scheduled campaigns whose time has come, earliest first.
    package func dueCampaigns() throws -> [Campaign] {
        // Returns scheduled campaigns up to now. Changes nothing.
        try rows("SELECT * FROM campaign WHERE state = 'scheduled' AND scheduled_at <= ? ORDER BY scheduled_at, id",
                 [now.milliseconds]).map(Campaign.init(row:))
    }

    /// When the next scheduled campaign is due; nil when none is scheduled.
    package func nextScheduled() throws -> Timestamp? {
        // Returns the earliest scheduled time. Changes nothing.
        try row("SELECT min(scheduled_at) FROM campaign WHERE state = 'scheduled'")
            .flatMap { $0[0] as Int64? }.map(Timestamp.init(milliseconds:))
    }

    /// Replaces what the marketer wrote, while the campaign is a draft.
    ///
    /// - Parameter version: what `If-Match` named; nil takes any.
    /// - Throws: `StorageError.notFound`, `.versionMismatch`, or `.conflict` with the state when it is no draft.
    package func updateCampaign(_ id: CampaignID, version: Int64?, name: String, purpose: Purpose,
                                definition: String) throws -> Campaign {
        // Returns the campaign as it is then. Changes a draft of that version.
        let changed = try row("""
            UPDATE campaign SET name = ?, purpose = ?, definition = ?, version = version + 1, updated_at = ?
            WHERE id = ? AND state = 'draft' AND version = ifnull(?, version) RETURNING *
            """, [name, purpose.rawValue, definition, now.milliseconds, id.rawValue, version])
        guard let changed else { throw try refusal(of: id, version: version) }
        return Campaign(row: changed)
    }

    /// Removes a draft, with its test sends.
    ///
    /// - Throws: as `updateCampaign`.
    package func deleteCampaign(_ id: CampaignID, version: Int64? = nil) throws {
        // Returns nothing. Removes a draft of that version.
        let removed = try run("DELETE FROM campaign WHERE id = ? AND state = 'draft' AND version = ifnull(?, version)",
                              [id.rawValue, version])
        guard removed == 1 else { throw try refusal(of: id, version: version) }
    }

    /// Starts a draft or a scheduled campaign: at once, or (with `scheduledAt`) at that time.
    ///
    /// - Throws: `StorageError.notFound`, `.versionMismatch`, or `.conflict` with the state.
    package func launchCampaign(_ id: CampaignID, version: Int64? = nil, scheduledAt: Timestamp? = nil) throws -> Campaign {
        if let scheduledAt {
            return try transition(id, to: .scheduled, version: version, scheduledAt: scheduledAt)
        }
        return try transition(id, to: .running, from: [.draft, .scheduled], version: version)
    }

    /// Moves a campaign along `CampaignState.next`. It is the only statement that changes a campaign's state.
    ///
    /// - Parameters:
    ///   - from: narrows the states that `CampaignState.next` allows it from.
    ///   - reason: why, when we did it; cleared by the next transition.
    ///   - scheduledAt: when it is to start, for `.scheduled`.
    ///   - counts: its rows by state, for webhooks, when they are final.
    /// - Throws: `StorageError.notFound`, `.versionMismatch`, or `.conflict` with the current state.
    package func transition(_ id: CampaignID, to state: CampaignState, from allowed: Set<CampaignState>? = nil,
                            reason: String? = nil, version: Int64? = nil, scheduledAt: Timestamp? = nil,
                            counts: [DeliveryState: Int]? = nil) throws -> Campaign {
        precondition((state == .scheduled) == (scheduledAt != nil), "a scheduled campaign has its time, others have none")
        let sources = Set(CampaignState.allCases.filter { $0.next.contains(state) })
        let isResumed = try state == .running && campaign(id)?.state == .paused
        // Returns the campaign as it is then. Changes the state of one that is in one of the source states: the start is
        // kept from the first `running`, the end is set by an end, the schedule goes with the return to draft.
        let changed = try row("""
            UPDATE campaign SET state = :state, reason = :reason, version = version + 1, updated_at = :now,
                scheduled_at = CASE :state WHEN 'scheduled' THEN :scheduled WHEN 'draft' THEN NULL ELSE scheduled_at END,
                started_at = CASE :state WHEN 'running' THEN ifnull(started_at, :now) ELSE started_at END,
                finished_at = CASE WHEN :state IN ('finished', 'cancelled', 'expired', 'failed') THEN :now END
            WHERE id = :id AND state IN (SELECT value FROM json_each(:sources)) AND version = ifnull(:version, version)
            RETURNING *
            """, ["state": state.rawValue, "reason": reason, "now": now.milliseconds,
                  "scheduled": scheduledAt?.milliseconds, "id": id.rawValue,
                  "sources": (allowed.map(sources.intersection) ?? sources).json, "version": version])
        guard let changed else { throw try refusal(of: id, version: version) }
        let campaign = Campaign(row: changed)
        try announce(campaign, isResumed: isResumed, counts: counts)
        return campaign
    }

    /// Why a guarded statement changed nothing. The version is judged last: a state that forbids it says more.
    private func refusal(of id: CampaignID, version: Int64?) throws -> StorageError {
        guard let found = try campaign(id) else { return .notFound }
        if let version, version != found.version { return .versionMismatch }
        return .conflict(found.state.rawValue)
    }

    private func one(_ sql: String, _ arguments: StatementArguments) throws -> Campaign {
        guard let row = try row(sql, arguments) else { throw StorageError.unusable("an insert returned no row") }
        return Campaign(row: row)
    }
}

extension Set<CampaignState> {
    /// The words as a JSON array, for `json_each`.
    fileprivate var json: String { JSONValue.array(map { .string($0.rawValue) }).text }
}

extension Campaign {
    /// - Precondition: a row of `campaign`; its CHECKs admit only the words of the enumerations.
    init(row: Row) {
        id = CampaignID(rawValue: row["id"])
        name = row["name"]
        purpose = Purpose(rawValue: row["purpose"]) ?? .marketing
        state = CampaignState(rawValue: row["state"]) ?? .failed
        reason = row["reason"]
        definition = row["definition"]
        version = row["version"]
        scheduledAt = row.time("scheduled_at")
        startedAt = row.time("started_at")
        finishedAt = row.time("finished_at")
        createdAt = Timestamp(milliseconds: row["created_at"])
        updatedAt = Timestamp(milliseconds: row["updated_at"])
    }
}

extension Row {
    /// A nullable `_at` column.
    func time(_ column: String) -> Timestamp? { (self[column] as Int64?).map(Timestamp.init(milliseconds:)) }
}
