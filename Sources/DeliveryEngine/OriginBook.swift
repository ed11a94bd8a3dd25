/// The servers that recipients brought along (web push services), each with what it may cost the others: one that throttles, fails
/// or does not answer waits by itself. A value; `now` is monotonic milliseconds.
package struct OriginBook: Sendable {
    private struct Origin {
        var inFlight = 0
        var hasAnswered = false
        /// Since when it owes an answer: its latest one, or the first request after a pause.
        var quietSince: Int64 = 0
        /// Failures in a row.
        var silences = 0
        var heldUntil: Int64 = 0
    }

    private var origins: [String: Origin] = [:]
    /// How many are kept before those without a story are forgotten: strangers can bring any number.
    private var limit = OriginBook.leastLimit
    private let share: Int

    private static let leastLimit = 4_096
    /// One that has answered may have all places until it owes an answer for so long.
    private static let trust: Int64 = 5_000

    /// - Parameter places: in flight over all of them; an origin that does not answer gets a quarter, 8 at least.
    package init(places: Int) { share = max(8, places / 4) }

    /// How long a message to it has to wait; nil when it may go.
    package func wait(for origin: String, now: Int64) -> Int64? {
        guard let known = origins[origin] else { return nil }
        if known.heldUntil > now { return known.heldUntil - now }
        guard known.inFlight >= share, !known.hasAnswered || now - known.quietSince >= OriginBook.trust else { return nil }
        // The longer it is quiet, the less often it is asked about.
        return min(5_000, max(100, now - known.quietSince))
    }

    package mutating func began(_ origin: String, now: Int64) {
        if origins.count >= limit, origins[origin] == nil { forget(now: now) }
        var known = origins[origin] ?? Origin()
        if known.inFlight == 0 { known.quietSince = now }
        known.inFlight += 1
        origins[origin] = known
    }

    /// - Parameter isReply: whether it said anything at all.
    package mutating func ended(_ origin: String, isReply: Bool, now: Int64) {
        guard var known = origins[origin], known.inFlight > 0 else { preconditionFailure("what ends has begun") }
        known.inFlight -= 1
        if isReply { (known.hasAnswered, known.quietSince) = (true, now) }
        origins[origin] = known
    }

    /// A clear answer, whatever it says about the one message.
    package mutating func worked(_ origin: String) { origins[origin]?.silences = 0 }

    /// Nothing goes to it for so long: it asked for that, or refuses our configuration.
    package mutating func hold(_ origin: String, for milliseconds: Int64, now: Int64) {
        let until = now + milliseconds
        origins[origin, default: Origin()].heldUntil = max(until, origins[origin]?.heldUntil ?? 0)
    }

    /// No clear answer: from the fifth in a row on it waits, twice as long each time, five minutes at most.
    package mutating func failed(_ origin: String, now: Int64) {
        var known = origins[origin] ?? Origin()
        // What was under way when the waiting began is no news.
        guard known.heldUntil <= now else { return }
        known.silences += 1
        if known.silences >= 5 {
            known.heldUntil = now + min(300, 5 << Int64(min(known.silences - 5, 6))) * 1_000
            known.hasAnswered = false
        }
        origins[origin] = known
    }

    private mutating func forget(now: Int64) {
        origins = origins.filter { $0.value.inFlight > 0 || $0.value.heldUntil > now }
        limit = max(OriginBook.leastLimit, 2 * origins.count)
    }
}
