/// The servers that recipients brought along (web push services), each with what it may cost the others: one that throttles, fails
/// or does not answer waits by itself. A value; `now` is monotonic milliseconds.
package struct OriginBook: Sendable {
    private struct Origin {
        var inFlight = 0
        /// Nil while it has not answered, or not of late.
        var habit: Habit?
        /// Since when it owes an answer: its latest one, or the first request after a pause.
        var quietSince: Int64 = 0
        /// Failures in a row.
        var silences = 0
        var heldUntil: Int64 = 0
    }

    /// How long an origin takes to answer, in milliseconds: mean and deviation, as RFC 6298 §2 keeps them for TCP.
    private struct Habit {
        private var mean: Int64
        private var deviation: Int64

        init(first milliseconds: Int64) { (mean, deviation) = (milliseconds, milliseconds / 2) }

        func seen(_ milliseconds: Int64) -> Habit {
            var next = self
            next.deviation += (abs(mean - milliseconds) - deviation) / 4
            next.mean += (milliseconds - mean) / 8
            return next
        }

        /// When an answer is overdue. Not before what a turn of the lane, a slow disk or a lost packet takes.
        var patience: Int64 { min(5_000, max(250, mean + 4 * deviation)) }
    }

    private var origins: [String: Origin] = [:]
    /// How many are kept before those without a story are forgotten: strangers can bring any number.
    private var limit = OriginBook.leastLimit
    /// Of the places, what one that does not answer may have, and what one that answers may.
    private let share: Int
    private let most: Int

    private static let leastLimit = 4_096

    /// A quarter of the places (8 at least) is always left to the others: whoever falls silent may hold all that it has until the
    /// requests time out.
    ///
    /// - Parameter places: in flight over all of them.
    package init(places: Int) {
        share = max(8, places / 4)
        most = max(share, places - share)
    }

    /// Whether a message to an origin may go.
    package enum Turn: Equatable {
        case now
        /// Its answers come, and it has what it may: the next one makes room, or after so many milliseconds it is overdue.
        case full(Int64)
        /// It is asked about again after so many.
        case wait(Int64)
    }

    package func turn(for origin: String, now: Int64) -> Turn {
        guard let known = origins[origin] else { return .now }
        if known.heldUntil > now { return .wait(known.heldUntil - now) }
        let quiet = known.inFlight == 0 ? 0 : now - known.quietSince
        guard known.inFlight >= places(of: known, quiet: quiet) else { return .now }
        if let habit = known.habit, quiet < habit.patience { return .full(habit.patience - quiet) }
        // The longer it is quiet, the less often it is asked about.
        return .wait(min(5_000, max(100, quiet)))
    }

    /// Half as many for each time that it owes an answer for as long as its answers take at worst, until it has what a stranger has.
    private func places(of origin: Origin, quiet: Int64) -> Int {
        guard let habit = origin.habit else { return share }
        return max(share, most >> (quiet / habit.patience))
    }

    package mutating func began(_ origin: String, now: Int64) {
        if origins.count >= limit, origins[origin] == nil { forget(now: now) }
        var known = origins[origin] ?? Origin()
        if known.inFlight == 0 { known.quietSince = now }
        known.inFlight += 1
        origins[origin] = known
    }

    /// - Parameter sentAt: of what it said anything at all to, whatever it said; nil when it did not.
    package mutating func ended(_ origin: String, answering sentAt: Int64?, now: Int64) {
        guard var known = origins[origin], known.inFlight > 0 else { preconditionFailure("what ends has begun") }
        known.inFlight -= 1
        if let sentAt {
            known.quietSince = now
            known.habit = known.habit?.seen(now - sentAt) ?? Habit(first: now - sentAt)
        }
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
            known.habit = nil
        }
        origins[origin] = known
    }

    private mutating func forget(now: Int64) {
        origins = origins.filter { $0.value.inFlight > 0 || $0.value.heldUntil > now }
        limit = max(OriginBook.leastLimit, 2 * origins.count)
    }
}
