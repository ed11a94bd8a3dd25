import Core
import Foundation
import GRDB
import Linux
@testable import Storage

/// A store and a ledger on real files, with people who agreed on two accounts and a campaign that runs.
final class LedgerFixture {
    static let apns = Account(name: "ios", channel: .apns)
    static let sms = Account(name: "sms", channel: .sms)

    let time: ManualTime
    private var folder: TemporaryFolder
    private(set) var store: Store
    private(set) var ledger: Ledger
    private(set) var epoch: Int64 = 0
    private(set) var campaign = CampaignID(rawValue: 0)
    var classes: [Int64: DeliveryClass] = [:]

    init() async throws {
        time = ManualTime()
        folder = TemporaryFolder()
        (store, ledger) = try LedgerFixture.open(folder, time)
        classes = [ios: .atLeastOnce, phone: .atMostOnce]
        try await recover()
        campaign = try await store.write { transaction in
            let draft = try transaction.createCampaign(name: "c", purpose: .marketing, definition: "{}")
            return try transaction.launchCampaign(draft.id).id
        }
    }

    private static func open(_ folder: TemporaryFolder, _ time: ManualTime) throws -> (Store, Ledger) {
        let owned = try folder.open()
        let store = try Store(folder: owned, accounts: [apns, sms], time: time)
        return (store, try Ledger(folder: owned, store: store))
    }

    var ios: Int64 { store.accountIDs["ios"] ?? 0 }
    var phone: Int64 { store.accountIDs["sms"] ?? 0 }
    var now: Timestamp { ledger.now }

    func close() throws {
        try ledger.close()
        try store.close()
    }

    @discardableResult
    func recover() async throws -> Recovery {
        let recovery = try ledger.recover(classes: classes)
        epoch = recovery.epoch
        return recovery
    }

    /// Closes and opens the same files: what was committed is there, what was in memory is gone.
    @discardableResult
    func restart() async throws -> Recovery {
        try close()
        (store, ledger) = try LedgerFixture.open(folder, time)
        return try await recover()
    }

    /// Goes on with the disk as it is now, WAL and all, as after `kill -9`: nothing is closed or checkpointed before.
    @discardableResult
    func crash() async throws -> Recovery {
        let image = TemporaryFolder()
        try FileManager.default.createDirectory(atPath: image.path, withIntermediateDirectories: true,
                                                attributes: [.posixPermissions: 0o700])
        for file in ["clairon.db", "clairon.db-wal", "ledger-1.db", "ledger-1.db-wal"] {
            try FileManager.default.copyItem(atPath: folder.path + "/" + file, toPath: image.path + "/" + file)
        }
        try close()
        folder = image
        (store, ledger) = try LedgerFixture.open(folder, time)
        return try await recover()
    }

    /// People with one subscription each, opted in.
    func addPeople(_ count: Int, on account: Int64? = nil) async throws -> [FrozenAudience.Member] {
        let account = account ?? ios
        let channel = store.accounts[account]?.channel.rawValue ?? ""
        return try await store.file.writer.write { db in
            try (0..<count).map { _ in
                try db.execute(sql: """
                    INSERT INTO profile (external_id, external_hash, language, bucket, attributes, created_at, updated_at)
                    VALUES (hex(randomblob(8)), 0, 'fr', 0, '{"first_name":"A"}', 0, 0)
                    """)
                let profile = db.lastInsertedRowID
                try db.execute(sql: """
                    INSERT INTO subscription (profile, account, channel, address, address_hash, opt_in, registered_at, updated_at)
                    VALUES (?1, ?2, ?3, iif(?3 = 'sms', '+336' || (10000000 + ?1), printf('%064x', ?1)), 0, 1, 0, 0)
                    """, arguments: [profile, account, channel])
                return .init(subscription: UInt32(db.lastInsertedRowID), profile: UInt32(profile))
            }
        }
    }

    func freeze(_ members: [FrozenAudience.Member], unreached: [UInt32] = [], on account: Int64? = nil,
                expiresAt: Timestamp? = nil) async throws -> LedgerRun {
        try await ledger.freeze(campaign: campaign, kind: .launch,
                                audience: FrozenAudience(members: [account ?? ios: members], unreached: unreached),
                                expiresAt: expiresAt)
    }

    func move(to state: CampaignState, reason: String? = nil) async throws {
        let campaign = campaign
        _ = try await store.write { try $0.transition(campaign, to: state, reason: reason) }
    }

    func sql(_ sql: String, _ arguments: StatementArguments = StatementArguments()) async throws {
        try await store.file.writer.write { try $0.execute(sql: sql, arguments: arguments) }
    }

    func lease(_ run: LedgerRun, _ limit: Int = 500, on account: Int64? = nil) async throws -> Lease {
        try await wait { ledger.lease(account: account ?? ios, shares: [LeaseShare(run: run.id, limit: limit)], epoch: epoch, now: now, completion: $0) }
    }

    func intend(_ ids: [DeliveryID], epoch: Int64? = nil) async throws -> Set<DeliveryID> {
        try await wait { ledger.intend(ids, epoch: epoch ?? self.epoch, now: now, completion: $0) }
    }

    func record(_ results: [DeliveryResult], epoch: Int64? = nil) async throws -> Int {
        try await wait { ledger.record(results, epoch: epoch ?? self.epoch, now: now, completion: $0) }
    }

    func record(_ id: DeliveryID, attempt: Int = 1, _ verdict: DeliveryResult.Verdict, epoch: Int64? = nil) async throws -> Int {
        try await record([DeliveryResult(id: id, attempt: attempt, verdict: verdict, language: "fr")], epoch: epoch)
    }

    func release(_ ids: [DeliveryID], epoch: Int64? = nil) async throws -> Int {
        try await wait { ledger.release(ids, epoch: epoch ?? self.epoch, now: now, completion: $0) }
    }

    func refuse(_ refusals: [Refusal], epoch: Int64? = nil) async throws -> Int {
        try await wait { ledger.refuse(refusals, epoch: epoch ?? self.epoch, now: now, completion: $0) }
    }

    func wait<Value: Sendable>(_ call: (@escaping Ledger.Completion<Value>) -> Void) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in call { continuation.resume(with: $0) } }
    }

    func delivery(_ id: DeliveryID) async throws -> DeliveryRecord {
        guard let found = try await ledger.delivery(id) else { throw StorageError.notFound }
        return found
    }

    func all(_ run: LedgerRun) async throws -> [DeliveryRecord] { try await ledger.deliveries(of: run.id, limit: 1_000_000) }

    func byState(_ run: LedgerRun) async throws -> [DeliveryState: Int] { try await ledger.report(run.id)?.byState ?? [:] }
}
