import Core
import Curl
import Failpoints
import Storage

/// What comes back from the wire, and what becomes of it.
extension Lane {
    func finish(_ completion: Completion, clock: SenderClock) {
        if completion.token == Lane.credentialToken { return finishCredential(completion.result, clock: clock) }
        guard let prepared = inFlight.removeValue(forKey: completion.token) else {
            preconditionFailure("a transfer ends once, and was in flight")
        }
        failpoint("answer.received")
        let outcome: Outcome
        var answered = false
        switch completion.result {
        case .failed(let failure):
            outcome = Outcome(failure)
            left(prepared, isReply: false, clock)
        case .reply(let reply):
            left(prepared, isReply: true, clock)
            outcome = adapter.outcome(of: ProviderReply(reply), now: clock.wall)
            // A provider that fails by itself has not worked.
            answered = reply.status < 500
            answeredAt = clock.monotonic
            // How fast strangers' servers answer says nothing about the account.
            if adapter.faultScope == .account { pace.answered(sentAt: prepared.sentAt, now: clock.monotonic) }
        }
        status.count(outcome, milliseconds: clock.monotonic - prepared.sentAt)
        settle(outcome, of: prepared, answered: answered, clock: clock)
    }

    private func finishCredential(_ result: TransferResult, clock: SenderClock) {
        let outcome = switch result {
        case .reply(let reply): adapter.acceptCredential(ProviderReply(reply), now: clock.wall)
        case .failed(let failure): Outcome(failure)
        }
        switch outcome {
        case .accepted:
            credential = .ready
            breaker.probeNotStarted(now: clock.monotonic)
        case .configuration(let detail), .rejected(let detail, _):
            credential = .refused(until: clock.monotonic + 30_000)
            breaker.refused(detail, now: clock.monotonic)
        case .notSent(let detail, let retryAfter, _):
            credential = .refused(until: clock.monotonic + max(1_000, retryAfter?.milliseconds ?? 0))
            breaker.failed(detail, now: clock.monotonic)
        case .ambiguous(let detail):
            credential = .refused(until: clock.monotonic + 1_000)
            breaker.failed(detail, now: clock.monotonic)
        }
    }

    /// Turns an outcome into the row's next state, and into what the account learns from it.
    private func settle(_ outcome: Outcome, of prepared: PreparedDelivery, answered: Bool, clock: SenderClock) {
        if answered, adapter.faultScope == .origin { origins.worked(prepared.origin) }
        switch outcome {
        case .accepted(let providerID):
            breaker.worked(sentAt: prepared.sentAt, now: clock.monotonic)
            acceptedAt = clock.monotonic
            pace.accepted(sentAt: prepared.sentAt, now: clock.monotonic)
            record(.accepted(providerID: providerID), prepared, clock)
            weigh(.sound, detail: "", clock)
        case .rejected(let detail, let verdict):
            breaker.worked(sentAt: prepared.sentAt, now: clock.monotonic)
            record(.rejected(.providerPermanent, detail: detail), prepared, clock)
            heed(verdict, of: prepared.delivery, detail: detail, clock)
        case .configuration(let detail):
            settleRefusal(detail, of: prepared, clock)
        case .notSent(let detail, let retryAfter, let scope):
            if answered { breaker.worked(sentAt: prepared.sentAt, now: clock.monotonic) } else { failed(detail, of: prepared, clock) }
            settleNotSent(detail, retryAfter, scope, of: prepared, answered: answered, clock)
        case .ambiguous(let detail):
            failed(detail, of: prepared, clock)
            let unknown = DeliveryResult.Verdict.unknown(detail: detail)
            guard adapter.deliveryClass != .atMostOnce else { return record(unknown, prepared, clock) }
            recordRetry(prepared, detail: detail, floor: nil, otherwise: unknown, clock)
        }
    }

    /// The provider calls it a fault of the configuration: everything stops, nobody is charged. Unless the fault is one
    /// recipient's: its endpoint is a stranger's, or others were taken since it was refused.
    private func settleRefusal(_ detail: String, of prepared: PreparedDelivery, _ clock: SenderClock) {
        if adapter.faultScope == .origin {
            origins.hold(prepared.origin, for: 300_000, now: clock.monotonic)
            return recordRetry(prepared, detail: detail, floor: .seconds(300), otherwise: .gaveUp(detail: detail), clock)
        }
        if let before = refusedAt[prepared.id], acceptedAt > before {
            breaker.worked(sentAt: prepared.sentAt, now: clock.monotonic)
            return record(.rejected(.providerPermanent, detail: detail), prepared, clock)
        }
        breaker.refused(detail, now: clock.monotonic)
        credential = .unknown
        record(.retry(at: clock.wall + .seconds(5), detail: detail, countsAttempt: false), prepared, clock)
        refusedAt[prepared.id] = clock.monotonic
    }

    private func settleNotSent(_ detail: String, _ retryAfter: Duration?, _ scope: RetryScope, of prepared: PreparedDelivery,
                               answered: Bool, _ clock: SenderClock) {
        if scope == .account {
            // Over the limit is nobody's attempt.
            let wait = pace.throttled(for: retryAfter?.milliseconds, sentAt: prepared.sentAt, now: clock.monotonic)
            return recordUncharged(prepared, detail: detail, wait: .milliseconds(wait), clock)
        }
        if scope == .origin, let retryAfter { origins.hold(prepared.origin, for: retryAfter.milliseconds, now: clock.monotonic) }
        if adapter.faultScope == .origin, !answered, clock.monotonic - answeredAt > 10_000, prepared.delivery.attempt < 20 {
            // Nobody answers: the fault is more likely our network's than each recipient's.
            return recordUncharged(prepared, detail: detail, wait: .seconds(5), clock)
        }
        recordRetry(prepared, detail: detail, floor: retryAfter, otherwise: .gaveUp(detail: detail), clock)
    }

    /// No clear answer. One stranger's endpoint that is down waits by itself and does not stop the others.
    private func failed(_ detail: String, of prepared: PreparedDelivery, _ clock: SenderClock) {
        guard adapter.faultScope == .origin else { return breaker.failed(detail, now: clock.monotonic) }
        origins.failed(prepared.origin, now: clock.monotonic)
    }

    private func recordUncharged(_ prepared: PreparedDelivery, detail: String, wait: Duration, _ clock: SenderClock) {
        let at = clock.wall + max(wait, .seconds(1))
        if let expiresAt = prepared.delivery.expiresAt, at >= expiresAt { return record(.expired, prepared, clock) }
        record(.retry(at: at, detail: detail, countsAttempt: false), prepared, clock)
    }

    private func recordRetry(_ prepared: PreparedDelivery, detail: String, floor: Duration?,
                             otherwise: DeliveryResult.Verdict, _ clock: SenderClock) {
        let delivery = prepared.delivery
        let delay = retry.delay(afterAttempt: delivery.failures + 1, floor: floor, random: Double.random(in: 0..<1),
                                now: clock.wall, expiresAt: delivery.expiresAt)
        record(delay.map { .retry(at: clock.wall + $0, detail: detail, countsAttempt: true) } ?? otherwise, prepared, clock)
    }

    private func record(_ verdict: DeliveryResult.Verdict, _ prepared: PreparedDelivery, _ clock: SenderClock) {
        refusedAt[prepared.id] = nil
        if results.isEmpty { resultsSince = clock.monotonic }
        results.append(DeliveryResult(id: prepared.id, attempt: prepared.delivery.attempt, verdict: verdict,
                                      language: prepared.language, message: prepared.delivery.message?.id))
    }

    /// Their intent is committed, nothing of them has left, and nothing does.
    func takeBack(_ ready: some Sequence<PreparedDelivery>, _ detail: String, wait: Duration = .zero, _ clock: SenderClock) {
        for prepared in ready {
            left(prepared, isReply: false, clock)
            recordUncharged(prepared, detail: detail, wait: wait, clock)
        }
    }

    /// It has left its origin's account.
    func left(_ prepared: PreparedDelivery, isReply: Bool, _ clock: SenderClock) {
        if adapter.faultScope == .origin { origins.ended(prepared.origin, answering: isReply ? prepared.sentAt : nil, now: clock.monotonic) }
    }

    /// `scheme://host:port` of a URL this program has made or checked.
    func origin(of url: String) -> String {
        var slashes = 0
        return String(url.prefix { character in
            if character == "/" { slashes += 1 }
            return slashes < 3
        })
    }
}
