/// A rate limit: tokens flow in at a steady rate, one message takes one. A value; `now` is an argument, so it can be
/// tested without waiting.
///
/// Two stores keep both promises. The small one bounds what leaves within a moment: about 10 ms' worth. The large one keeps
/// the mean: turns that a busy thread missed are made up for, a little faster than the rate and never all at once.
package struct TokenBucket: Sendable {
    /// Messages per second.
    package private(set) var rate: Double
    private var burst = Store()
    private var mean = Store()
    private var filledAt: Int64
    private var blockedUntil: Int64 = .min

    private struct Store {
        var tokens = 0.0

        mutating func fill(_ amount: Double, upTo limit: Double) { tokens = min(limit, tokens + amount) }
    }

    /// How much faster than the rate missed turns are made up for.
    private static let haste = 1.04

    /// Starts empty: a restart must not burst.
    ///
    /// - Parameters:
    ///   - rate: messages per second.
    ///   - now: monotonic milliseconds, as in every call.
    package init(rate: Double, now: Int64) {
        precondition(rate > 0, "a rate is positive")
        self.rate = rate
        filledAt = now
    }

    /// Whole messages that may go now.
    package mutating func available(now: Int64) -> Int {
        guard now >= blockedUntil else { return 0 }
        fill(now: now)
        // Sums of fractions fall short of a whole by rounding.
        return max(0, Int(min(burst.tokens, mean.tokens) + 1e-9))
    }

    package mutating func take(_ count: Int) {
        burst.tokens -= Double(count)
        mean.tokens -= Double(count)
    }

    /// Another rate from now on; what has flowed in stays.
    package mutating func change(rate new: Double, now: Int64) {
        precondition(new > 0, "a rate is positive")
        guard new != rate else { return }
        fill(now: now)
        rate = new
        fill(now: now)
    }

    /// Nothing goes before then: the provider's `Retry-After`.
    package mutating func block(until time: Int64) {
        blockedUntil = max(blockedUntil, time)
        burst.tokens = min(0, burst.tokens)
        mean.tokens = min(0, mean.tokens)
        filledAt = max(filledAt, blockedUntil)
    }

    /// When the next message may go, in monotonic milliseconds.
    package func nextAt(now: Int64) -> Int64 {
        guard now >= blockedUntil else { return blockedUntil }
        let wait = max((1 - burst.tokens) / TokenBucket.haste, 1 - mean.tokens) * 1_000 / rate
        return max(now, filledAt + Int64(wait.rounded(.up)))
    }

    private mutating func fill(now: Int64) {
        let flowed = Double(max(0, now - filledAt)) * rate / 1_000
        filledAt = max(filledAt, now)
        // Beside the part of a message that is always left over.
        let most = 1 + rate / 100
        burst.fill(flowed * TokenBucket.haste, upTo: most)
        mean.fill(flowed, upTo: max(most, rate / 4))
    }
}
