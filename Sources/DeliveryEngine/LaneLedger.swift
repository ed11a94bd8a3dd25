import Core
import Failpoints
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

    func leaseUrgent(limit: Int, now: Timestamp) {
        ledger.leaseUrgent(account: account, limit: limit, epoch: epoch, now: now) { [answer] in answer(.urgentLeased($0)) }
    }

    func intendUrgent(_ ids: [DeliveryID], batch: UInt64, now: Timestamp) {
        ledger.intendUrgent(ids, epoch: epoch, now: now) { [answer] in answer(.intended(batch: batch, $0)) }
    }

    func intend(_ ids: [DeliveryID], batch: UInt64, now: Timestamp) {
        // The crash test's control: a ledger without T2, which its judge must find out.
        if failpointIsSet("intent.skip") { return answer(.intended(batch: batch, .success(Set(ids)))) }
        ledger.intend(ids, epoch: epoch, now: now) { [answer] in answer(.intended(batch: batch, $0)) }
    }

    func record(_ results: [DeliveryResult], now: Timestamp) {
        if failpointIsSet("intent.skip") { ledger.intend(results.map(\.id), epoch: epoch, now: now) { _ in } }
        ledger.record(results, epoch: epoch, now: now) { [answer] in answer(.recorded(results, $0)) }
    }

    func run(_ errand: Errand, now: Timestamp) {
        let settled: @Sendable (Result<Int, any Error>) -> Void = { [answer] in answer(.settled(errand, $0.map { _ in })) }
        switch errand {
        case .release(let ids): ledger.release(ids, epoch: epoch, now: now, completion: settled)
        case .postpone(let ids, let until): ledger.postpone(ids, until: until, epoch: epoch, now: now, completion: settled)
        case .refuse(let refusals): ledger.refuse(refusals, epoch: epoch, now: now, completion: settled)
        case .invalidate(let id, let detail, let since):
            store.submit({ try $0.invalidate(subscription: id, reason: detail, at: now, unlessRegisteredAfter: since) ? 1 : 0 },
                         completion: settled)
        case .optOut(let id, let detail, let at):
            let proof = ConsentProof(source: "provider", text: detail, at: at)
            store.submit({ _ = try $0.decide(false, subscription: id, proof: proof); return 1 }, completion: settled)
        case .keep(let pace):
            store.submit({ [account] in try $0.save(pace, account: account); return 1 }, completion: settled)
        }
    }
}

/// The ledger's answer to one call of a lane.
enum LaneAnswer: Sendable {
    case leased(Result<Lease, any Error>)
    case urgentLeased(Result<UrgentLease, any Error>)
    case intended(batch: UInt64, Result<Set<DeliveryID>, any Error>)
    /// Carries the results, so that a failed write can be repeated.
    case recorded([DeliveryResult], Result<Int, any Error>)
    /// Carries the errand for the same reason.
    case settled(Errand, Result<Void, any Error>)
}
