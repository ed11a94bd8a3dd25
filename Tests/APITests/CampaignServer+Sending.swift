import Core
import Segmentation
import Storage

/// What the delivery engine does to the ledger, done by hand.
extension CampaignServer {
    /// Freezes the audience of a launched campaign that is meant for everyone.
    func freeze(_ campaign: CampaignID, channels: Set<Channel> = [.sms, .apns]) async throws -> LedgerRun {
        let accounts = store.accounts.filter { channels.contains($0.value.channel) }.map(\.key).sorted()
        let audience = try await store.read { try $0.audience(matching: .all, excluding: nil, accounts: accounts, strategy: .all) }
        return try await ledger.freeze(campaign: campaign, kind: .launch, audience: audience, expiresAt: nil)
    }

    func freeze(_ test: CampaignTest) async throws -> LedgerRun {
        let accounts = store.accounts.keys.sorted()
        let audience = try await store.read { try $0.audience(profiles: test.profiles, accounts: accounts, strategy: .all) }
        return try await ledger.freeze(campaign: test.campaign, kind: .test(test.id), audience: audience, expiresAt: nil)
    }

    /// Leases and attempts everything of an account, with the same outcome for all.
    @discardableResult
    func attempt(_ run: LedgerRun, account: String, _ verdict: DeliveryResult.Verdict) async throws -> [DeliveryID] {
        let account = store.accountIDs[account] ?? 0
        let epoch = try ledger.recover(classes: [:]).epoch
        let now = ledger.now
        let lease: Lease = try await completed { ledger, done in
            ledger.lease(account: account, shares: [LeaseShare(run: run.id, limit: 100)], epoch: epoch, now: now, completion: done)
        }
        let ids = lease.deliveries.map(\.id)
        let _: Set<DeliveryID> = try await completed { $0.intend(ids, epoch: epoch, now: now, completion: $1) }
        let results = lease.deliveries.map { DeliveryResult(id: $0.id, attempt: $0.attempt, verdict: verdict, language: "fr") }
        let _: Int = try await completed { $0.record(results, epoch: epoch, now: now, completion: $1) }
        return ids
    }

    /// Freezes what was posted, and attempts what goes through an account, with the same outcome for all.
    func deliver(account: String, _ verdict: DeliveryResult.Verdict?) async throws {
        let account = store.accountIDs[account] ?? 0
        let epoch = try ledger.recover(classes: [:]).epoch
        let now = ledger.now
        let frozen: FrozenMessages = try await completed {
            $0.freezeMessages(after: MessageID(rawValue: 0), limit: 100, leasing: [account], epoch: epoch, now: now, completion: $1)
        }
        guard let verdict, let lease = frozen.leases[account] else { return }
        let _: Set<DeliveryID> = try await completed { $0.intendUrgent(lease.deliveries.map(\.id), epoch: epoch, now: now, completion: $1) }
        let results = lease.deliveries.map { DeliveryResult(id: $0.id, attempt: $0.attempt, verdict: verdict, language: "fr") }
        let _: Int = try await completed { $0.record(results, epoch: epoch, now: now, completion: $1) }
    }

    private func completed<Value: Sendable>(_ body: (Ledger, @escaping Ledger.Completion<Value>) -> Void) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in body(ledger) { continuation.resume(with: $0) } }
    }
}
