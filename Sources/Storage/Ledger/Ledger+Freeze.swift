import Foundation
internal import Failpoints
internal import GRDB
package import Core

extension Ledger {
    /// Writes down who a run is for, in one transaction; sending may start when it returns. A campaign is launched once and a
    /// test sent once: asked again, it returns the run that is there, with the audience of that time.
    package func freeze(campaign: CampaignID, kind: LedgerRun.Kind, audience: FrozenAudience,
                        expiresAt: Timestamp?) async throws -> LedgerRun {
        let chunks = try chunks(of: audience)
        let run = try await write { ledger in
            if let existing = try ledger.run(of: campaign, kind: kind) { return existing }
            let run = try ledger.insert(campaign: campaign, kind: kind, audience: audience.count, expiresAt: expiresAt, chunks: chunks)
            failpoint("freeze.before")
            return run
        }
        failpoint("freeze.after")
        return run
    }

    /// Makes the rows of people whom no subscription reaches (`skipped`, `no_subscription`), a chunk at a time.
    package func expandUnreached(_ run: RunID) async throws {
        while try await write({ try $0.expandNext(run, account: nil, as: .unreached) > 0 }) {}
    }

    package func run(_ id: RunID) async throws -> LedgerRun? { try await read { try $0.run(id) } }

    /// The run of a campaign's launch, or of one of its tests.
    package func run(of campaign: CampaignID, kind: LedgerRun.Kind = .launch) async throws -> LedgerRun? {
        try await read { try $0.run(of: campaign, kind: kind) }
    }

    private func chunks(of audience: FrozenAudience) throws -> [FrozenChunk] {
        var chunks: [FrozenChunk] = []
        for (account, members) in audience.members.sorted(by: { $0.key < $1.key }) {
            guard let channel = accounts[account]?.channel else {
                throw StorageError.unusable("the audience names account \(account), which is not configured")
            }
            chunks += FrozenChunk.chunks(of: members, account: account, channel: channel)
        }
        let unreached = audience.unreached.map { FrozenAudience.Member(subscription: 0, profile: $0) }
        return chunks + FrozenChunk.chunks(of: unreached, account: nil, channel: nil)
    }
}

/// At most 2,000 members of one account, as the ledger stores them.
struct FrozenChunk: Sendable {
    static let maxMembers = 2_000

    let account: Int64?
    let channel: Channel?
    let count: Int
    /// Subscription and profile of each member, 32 bits little-endian each.
    let members: [UInt8]

    /// - Precondition: subscriptions rise strictly (the ledger holds one row for each), as `Store.audience` returns them.
    static func chunks(of members: [FrozenAudience.Member], account: Int64?, channel: Channel?) -> [FrozenChunk] {
        precondition(account == nil || zip(members, members.dropFirst()).allSatisfy(<), "members are sorted and unique")
        return stride(from: 0, to: members.count, by: maxMembers).map { start in
            let part = members[start..<min(start + maxMembers, members.count)]
            var bytes: [UInt8] = []
            bytes.reserveCapacity(8 * part.count)
            for member in part {
                for word in [member.subscription, member.profile] {
                    for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
                }
            }
            return FrozenChunk(account: account, channel: channel, count: part.count, members: bytes)
        }
    }

    /// The members that stand in `bytes`, at most so many; bytes that make no whole member are left out.
    ///
    /// - Parameter id: of the first one's row; the others follow.
    static func members(in bytes: [UInt8], limit: Int, from id: Int64) -> [ExpandedMember] {
        bytes.withUnsafeBytes { bytes in
            (0..<min(limit, bytes.count / 8)).map { index in
                ExpandedMember(id: id + Int64(index), word: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)))
            }
        }
    }
}

/// A member of a chunk and the row that is made of it.
struct ExpandedMember {
    /// Of the row.
    let id: Int64
    /// The profile above the subscription, 32 bits each.
    let word: UInt64

    var subscription: Int64 { Int64(word & 0xffff_ffff) }
    var profile: Int64 { Int64(word >> 32) }
}

/// The state in which the rows of a chunk begin.
struct ExpandedState: Sendable, Hashable {
    let state: DeliveryState
    let reason: Reason?
    var detail: String?
    /// The boot that claims the row; for `leased` alone.
    var epoch: Int64?

    static let unreached = ExpandedState(state: .skipped, reason: .noSubscription)
}

/// The statements of expansion, apart so that a test can ask for their query plans.
enum FreezeSQL {
    /// Returns the oldest chunk of an account. Changes nothing.
    static let nextChunk = """
        SELECT c.id, c.channel, c.members FROM chunk c WHERE c.run = ? AND c.account IS ? ORDER BY c.id LIMIT 1
        """

    /// Returns nothing. Adds the rows of members that begin in the same state: ?1 is a JSON object with the id of each row and its word.
    static let insertDeliveries = """
        INSERT INTO delivery (id, run, profile, subscription, account, channel, state, reason, detail, epoch, updated_at)
        SELECT CAST(j.key AS INTEGER), ?2, j.value >> 32 & 0xffffffff, iif(?3 IS NULL, NULL, j.value & 0xffffffff), ?3, ?4, ?5, ?6, ?7, ?8, ?9
        FROM json_each(?1) j
        """

    /// Returns nothing. Removes members whose rows have been made from the front of a chunk, or the chunk with the last of them.
    static let shorten = "UPDATE chunk SET count = count - ?1, members = substr(members, 1 + 8 * ?1) WHERE id = ?2 AND count > ?1"
    static let remove = "DELETE FROM chunk WHERE id = ?"
}

extension LedgerTransaction {
    fileprivate func insert(campaign: CampaignID, kind: LedgerRun.Kind, audience: Int, expiresAt: Timestamp?,
                            chunks: [FrozenChunk]) throws -> LedgerRun {
        // Returns the new run. Adds it.
        guard let added = try row("""
            INSERT INTO run (campaign, kind, test, audience, frozen_at, expires_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING *
            """, [campaign.rawValue, kind.word, kind.test, audience, now.milliseconds, expiresAt?.milliseconds])
        else { throw StorageError.unusable("an insert returned no row") }
        let run = LedgerRun(row: added)
        for chunk in chunks {
            // Returns nothing. Adds members that have no rows yet.
            try self.run("INSERT INTO chunk (run, account, channel, count, members) VALUES (?, ?, ?, ?, ?)",
                         [run.id.rawValue, chunk.account, chunk.channel?.rawValue, chunk.count, Data(chunk.members)])
        }
        return run
    }

    /// Turns the next chunk of an account (nil: of people whom no subscription reaches) into rows.
    ///
    /// - Returns: how many rows were made; 0 when no chunk is left.
    func expandNext(_ run: RunID, account: Int64?, as start: ExpandedState) throws -> Int {
        try expandNext(run, account: account, limit: FrozenChunk.maxMembers) { members in members.map { _ in start } }
    }

    /// The same for the first members of the chunk, each in the state that `start` finds for it, in their order.
    func expandNext(_ run: RunID, account: Int64?, limit: Int, _ start: ([ExpandedMember]) throws -> [ExpandedState]) throws -> Int {
        guard let chunk = try statement(FreezeSQL.nextChunk).first(run.rawValue, account, read: { row in
            (id: row.int(0), channel: row.optionalText(1), members: row.bytes(2))
        }) else { return 0 }
        // Returns the id that the next row would get. Changes nothing.
        let id = Int64(try count("SELECT ifnull(max(id), 0) + 1 FROM delivery"))
        let members = FrozenChunk.members(in: chunk.members, limit: limit, from: id)
        let starts = try start(members)
        precondition(starts.count == members.count, "each member begins in a state of its own")
        let insert = try statement(FreezeSQL.insertDeliveries)
        for (start, rows) in Dictionary(grouping: zip(members, starts), by: \.1) {
            let words = rows.lazy.map { "\"\($0.0.id)\":\(Int64(bitPattern: $0.0.word))" }.joined(separator: ",")
            try insert.run("{\(words)}", run.rawValue, account, chunk.channel, start.state.rawValue, start.reason?.rawValue, start.detail,
                           start.epoch, now.milliseconds)
        }
        if 8 * members.count < chunk.members.count {
            try statement(FreezeSQL.shorten).run(Int64(members.count), chunk.id)
        } else {
            try statement(FreezeSQL.remove).run(chunk.id)
        }
        return members.count
    }

    func run(_ id: RunID) throws -> LedgerRun? {
        // Returns one run. Changes nothing.
        try row("SELECT * FROM run WHERE id = ?", [id.rawValue]).map(LedgerRun.init(row:))
    }

    func run(of campaign: CampaignID, kind: LedgerRun.Kind) throws -> LedgerRun? {
        switch kind {
        case .launch:
            // Returns the run of a launch. Changes nothing.
            try row("SELECT * FROM run WHERE kind = 'launch' AND campaign = ?", [campaign.rawValue]).map(LedgerRun.init(row:))
        case .test(let test):
            // Returns the run of a test send. Changes nothing.
            try row("SELECT * FROM run WHERE kind = 'test' AND test = ? AND campaign = ?", [test, campaign.rawValue])
                .map(LedgerRun.init(row:))
        case .message(let message): try run(of: message)
        }
    }
}

extension LedgerRun.Kind {
    fileprivate var word: String {
        switch self {
        case .launch: "launch"
        case .test: "test"
        case .message: "message"
        }
    }
    fileprivate var test: Int64? { if case .test(let id) = self { id } else { nil } }
}

extension LedgerRun {
    /// - Precondition: a row of `run`, or one that has its columns.
    init(row: Row) {
        id = RunID(rawValue: row["id"])
        campaign = CampaignID(rawValue: row["campaign"])
        kind = (row["test"] as Int64?).map(Kind.test) ?? (row["message"] as Int64?).map { .message(MessageID(rawValue: $0)) } ?? .launch
        audience = row["audience"]
        frozenAt = Timestamp(milliseconds: row["frozen_at"])
        expiresAt = row.time("expires_at")
        finishedAt = row.time("finished_at")
    }
}
