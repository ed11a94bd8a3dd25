import Core
import Storage

/// What a provider says about addresses, and how far it is believed.
extension Lane {
    /// Held verdicts are settled when no answer has come for so long.
    private static let quiet: Int64 = 2_000

    func heed(_ verdict: AddressVerdict, of delivery: LeasedDelivery, detail: String, _ clock: SenderClock) {
        switch verdict {
        case .keep: weigh(.sound, detail: detail, clock)
        case .mismatch: weigh(.mismatch, detail: detail, clock)
        case .invalid(let since):
            weigh(.dead(.invalidate(delivery.recipient.subscription, detail: detail, since: since ?? delivery.recipient.registeredAt)), detail: detail, clock)
        case .optedOut:
            weigh(.sound, detail: detail, clock)
            ledger.run(.optOut(delivery.recipient.subscription, detail: detail, at: clock.wall), now: clock.wall)
        }
    }

    /// - Parameter detail: what the provider called the fault.
    func weigh(_ answer: WaveGuard<Errand>.Answer, detail: String, _ clock: SenderClock) {
        // What was under way when the account was stopped: it is found again by the next send.
        guard !breaker.isHeld else { return }
        switch verdicts.add(answer, now: clock.monotonic) {
        case .believed(let errands): for errand in errands { ledger.run(errand, now: clock.wall) }
        case .wave(let faults, let count):
            stopped = Set(runs.map(\.run))
            breaker.hold("\(faults) of the last \(count) answers find fault with the address (\(detail)); none of these addresses was given up: "
                + "check the account, and resume the campaign to believe them", now: clock.monotonic)
            status.stops += 1
        }
    }

    /// A run that comes back was resumed by a person who has read why it was paused.
    func heed(returning new: [RunID], _ clock: SenderClock) {
        if new.contains(where: stopped.contains) {
            breaker.release(now: clock.monotonic)
            verdicts.believe(now: clock.monotonic)
            stopped = []
        } else {
            stopped.formUnion(new)
        }
    }

    func settleVerdicts(isEnding: Bool, _ clock: SenderClock) {
        guard verdicts.isHolding, isEnding && inFlight.isEmpty || clock.monotonic - answeredAt >= Lane.quiet else { return }
        for errand in verdicts.settle() { ledger.run(errand, now: clock.wall) }
    }

    /// When that is due, in monotonic milliseconds.
    var verdictsDueAt: Int64? { verdicts.isHolding ? answeredAt + Lane.quiet : nil }
}
