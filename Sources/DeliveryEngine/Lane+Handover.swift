import Core
import Curl
import Failpoints
import Storage

/// From the committed intent to the wire. Intents are committed a little ahead, so that a slow disk leaves no place empty and
/// bends no rate.
extension Lane {
    /// Intents that keep the places filled during a commit.
    static let enoughAhead = 64
    private static let maxAhead = 128
    /// What begins in one go is answered in one go, and at each answer libcurl looks at all that is in flight on its connection.
    private static let maxHandedOver = 64

    /// How many more intents may be committed now, of messages or of campaigns, which leave some places to messages.
    func room(urgent: Bool) -> Int {
        // A cold connection takes one; of a channel that cannot repeat a message, each row that waits may end as unknown.
        // Where few are sent at once, what another campaign has committed ahead would be long in going.
        let ahead = multi.isWarm && adapter.deliveryClass != .atMostOnce ? min(max(Lane.enoughAhead, multi.places), Lane.maxAhead) : 0
        return min(free(urgent: urgent) + ahead, pace.lookahead) - ready.count(urgent: urgent) - committing(urgent: urgent)
    }

    /// Intents that are being committed.
    func committing(urgent: Bool) -> Int {
        intending.values.reduce(0) { sum, batch in sum + (batch.first?.isUrgent == urgent ? batch.count : 0) }
    }

    /// Places that may be taken now. A connection that is cold has one, which nobody is kept from.
    private func free(urgent: Bool) -> Int {
        min(multi.free, multi.places - (urgent ? 0 : min(16, multi.places / 16)) - multi.inFlight)
    }

    /// The intent of `cleared` is committed: they may go. The others lost their consent or their campaign meanwhile and
    /// are pending again.
    func intended(_ batch: [PreparedDelivery], cleared: Set<DeliveryID>, clock: SenderClock) {
        if cleared.isEmpty { breaker.probeNotStarted(now: clock.monotonic) }
        for prepared in batch {
            if cleared.contains(prepared.id) { ready.append(prepared) } else { left(prepared, isReply: false, clock) }
        }
    }

    /// Gives what is ready to libcurl, as far as there are places and the rate allows. When the breaker has opened meanwhile, or
    /// the provider has asked us to wait, nothing leaves.
    func handOver(clock: SenderClock) {
        handsOverMore = false
        guard !ready.isEmpty else { return }
        let wait = pace.adaptive.blockedUntil - clock.monotonic
        if case .open(_, let detail) = breaker.state { return takeBack(ready.removeAll(), detail, clock) }
        if wait > 0 { return takeBack(ready.removeAll(), "throttled", wait: .milliseconds(wait), clock) }
        guard multi.free > 0 else { return }
        let turns = min(pace.available(now: clock.monotonic), Lane.maxHandedOver)
        var taken = 0
        while taken < turns, multi.free > 0, let prepared = ready.next(takesOthers: free(urgent: false) > 0) {
            taken += 1
            prepared.sentAt = clock.monotonic
            lastToken += 1
            inFlight[lastToken] = prepared
            multi.add(TransferRequest(prepared.request, mayRepeat: false), token: lastToken)
            failpoint("request.handed")
        }
        handsOverMore = taken == Lane.maxHandedOver
        pace.take(taken, now: clock.monotonic)
    }

    /// When something that is ready has its turn, if it has a place.
    func turn(now: Int64) -> Int64? {
        guard ready.count(urgent: true) > 0 && multi.free > 0 || ready.count(urgent: false) > 0 && free(urgent: false) > 0 else { return nil }
        return pace.nextAt(now: now)
    }

    /// What was paused, cancelled or is to wait for the next start does not leave because its intent is committed.
    ///
    /// - Parameter runs: nil withdraws what messages have too.
    func withdraw(keeping runs: Set<RunID>?, _ clock: SenderClock) {
        let gone = runs.map { ready.remove(notOf: $0) } ?? ready.removeAll()
        takeBack(gone, "withdrawn", clock)
    }
}
