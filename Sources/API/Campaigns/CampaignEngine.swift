package import Core
import Linux
package import Storage

/// What the API needs of the delivery engine.
package protocol CampaignEngine: Sendable {
    /// Looks at the campaigns now: something about them has changed. Called after the change is durable; must not block.
    func wake()

    /// Sends the messages that wait: a new one is durable. Must not block.
    func deliverMessages()

    /// How each account is doing; called on any thread, must not block.
    var accountStatuses: [AccountStatus] { get }
}

/// What the endpoints of campaigns and their deliveries share.
package struct CampaignServices: Sendable {
    let ledger: Ledger
    let engine: any CampaignEngine
    let rates = SendRates()
    package let progress: ProgressDesk

    /// - Parameter beat: milliseconds between two looks at a campaign that is watched.
    package init(ledger: Ledger, engine: any CampaignEngine, beat: UInt32 = 1_000) {
        self.ledger = ledger
        self.engine = engine
        progress = ProgressDesk(milliseconds: beat)
    }

    /// The launch of a campaign in numbers, as the API shows it; nil when there is no such campaign.
    package func report(of id: CampaignID, in store: Store) async throws -> JSONValue? {
        guard let campaign = try await store.read({ try $0.campaign(id) }) else { return nil }
        return CampaignReport(campaign, try await ledger.report(id), rates, now: store.now, monotonic: store.time.monotonicMilliseconds).json
    }
}
