import Core
import Storage

/// What a lane asks of the ledger, told apart from how the answers come back to its thread. Every call is answered
/// once, by a `SenderMessage` to the lane.
struct LaneLedger {
    let ledger: Ledger
    let store: Store
    let account: Int64
    let epoch: Int64
    /// Hands an answer to the sender thread, for this lane. Any thread.
    let answer: @Sendable (LaneAnswer) -> Void

    func lease(_ shares: [LeaseShare], now: Timestamp) {
        ledger.lease(account: account, shares: shares, epoch: epoch, now: now) { [answer] in
            answer(.leased($0))
        }
    }

    func intend(_ ids: [DeliveryID], batch: UInt64, now: Timestamp) {
        ledger.intend(ids, epoch: epoch, now: now) { [answer] in answer(.intended(batch: batch, $0)) }
    }

    func record(_ results: [DeliveryResult], now: Timestamp) {
        ledger.record(results, epoch: epoch, now: now) { [answer] in answer(.recorded(results, $0)) }
    }

    func release(_ ids: [DeliveryID], now: Timestamp) {
        guard !ids.isEmpty else { return }
        ledger.release(ids, epoch: epoch, now: now) { [answer] in answer(.settled($0.map { _ in })) }
    }

    func postpone(_ ids: [DeliveryID], until: Timestamp, now: Timestamp) {
        guard !ids.isEmpty else { return }
        ledger.postpone(ids, until: until, epoch: epoch, now: now) { [answer] in answer(.settled($0.map { _ in })) }
    }

    /// What a provider says about the address itself: dead since then (kept when it was registered later), or that the person
    /// has told it to stop.
    func heed(_ verdict: AddressVerdict, of delivery: LeasedDelivery, detail: String, now: Timestamp) {
        switch verdict {
        case .keep: break
        case .invalid(let since): invalidate(delivery, detail: detail, since: since, now: now)
        case .optedOut:
            store.submit({ try $0.decide(false, subscription: delivery.subscription, proof: ConsentProof(source: "provider", text: detail, at: now)) },
                         completion: { [answer] in answer(.settled($0.map { _ in })) })
        }
    }

    private func invalidate(_ delivery: LeasedDelivery, detail: String, since: Timestamp?, now: Timestamp) {
        store.submit({
            try $0.invalidate(subscription: delivery.subscription, reason: detail, at: now,
                                            unlessRegisteredAfter: since ?? delivery.registeredAt)
        }, completion: { [answer] in answer(.settled($0.map { _ in })) })
    }

    func refuse(_ refusals: [Refusal], now: Timestamp) {
        guard !refusals.isEmpty else { return }
        ledger.refuse(refusals, epoch: epoch, now: now) { [answer] in answer(.settled($0.map { _ in })) }
    }
}

/// The ledger's answer to one call of a lane.
enum LaneAnswer: Sendable {
    case leased(Result<Lease, any Error>)
    case intended(batch: UInt64, Result<Set<DeliveryID>, any Error>)
    /// Carries the results, so that a failed write can be repeated.
    case recorded([DeliveryResult], Result<Int, any Error>)
    /// A release, postponement or refusal (a failed one leaves rows `leased`, which the next boot undoes), or a word about an address.
    case settled(Result<Void, any Error>)
}
