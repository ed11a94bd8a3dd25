package import Core
import Failpoints
package import Storage

/// Takes what providers call back with: finds the account's receiver, which verifies and reads the call, and makes what it
/// says durable before the provider is answered.
///
/// Two files are changed, and no transaction spans both. What belongs to the ledger (statuses, watermarks) goes first and
/// needs no memory of the event: rows only move up, so a repeat finds nothing to do. What belongs to clairon.db goes second,
/// in one transaction with the event's id. A crash between leaves the provider without an answer; it calls again.
package final class CallbackDesk: Sendable {
    private let receivers: [String: any CallbackReceiver]
    private let store: Store
    private let ledger: Ledger
    private let engine: any CampaignEngine
    private let publicURL: String

    /// Larger than any batch that a provider documents.
    package static let maxBodyBytes = 3 << 20

    /// - Parameters:
    ///   - receivers: of configured accounts, at most one each; accounts without one have no hook.
    ///   - publicURL: under which providers call us: `https://push.example.com`.
    package init(receivers: [any CallbackReceiver], store: Store, ledger: Ledger, engine: any CampaignEngine, publicURL: String) {
        self.receivers = Dictionary(receivers.map { ($0.account.name, $0) }) { first, _ in first }
        self.store = store
        self.ledger = ledger
        self.engine = engine
        var url = publicURL
        while url.hasSuffix("/") { url.removeLast() }
        self.publicURL = url
    }

    /// Signatures are made over the URL as the provider spelled it.
    func url(of target: String) -> String { publicURL + target }

    /// What to answer, once everything the call says is durable and, when it ends an opt-in, `fence` is passed: by then nothing goes to
    /// that person that was not `sending`. Nil when the account has no hook.
    func take(account: String, _ callback: Callback, fence: Fence) async throws -> CallbackResult? {
        guard let receiver = receivers[account], let row = store.accountIDs[account] else { return nil }
        let result = receiver.receive(callback, now: store.now)
        if result.status >= 400 { OperatorLog.write("callback_refused", [("account", account), ("status", "\(result.status)")]) }
        var rest: [InboundEvent] = []
        for event in result.events {
            switch event.kind {
            case .status(let reference, let state, let detail):
                _ = try await ledger.apply(state, to: reference, account: row, detail: detail, at: event.at)
            case .watermark(let state, let time):
                guard let address = event.address, let person = try await store.subscription(account: account, address: address) else { continue }
                _ = try await ledger.apply(state, upTo: time, subscription: person.id)
            case .message, .optIn, .optOut, .addressInvalid, .account: rest.append(event)
            }
        }
        guard !rest.isEmpty else { return result }
        let events = rest
        let effects = try await store.write(bytes: callback.body.count) { transaction in
            let effects = try events.map { try transaction.apply($0, account: account) }
            failpoint("inbound.before")
            return effects
        }
        failpoint("inbound.after")
        for case .account(let notice, let detail, let paused) in effects {
            OperatorLog.write("account_notice", [
                ("account", account), ("notice", notice.rawValue), ("paused", paused.map(\.description).joined(separator: ",")),
                ("detail", detail),
            ])
        }
        engine.wake()
        // A repeat waits too: the call before it may be waiting still.
        if events.contains(where: \.kind.endsOptIn) { await fence.pass() }
        return result
    }
}

extension InboundEvent.Kind {
    fileprivate var endsOptIn: Bool {
        if case .optOut = self { return true }
        return false
    }
}
