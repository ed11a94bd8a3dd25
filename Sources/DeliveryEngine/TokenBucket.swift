/// A rate limit: tokens flow in at a steady rate up to a small burst, one message takes one. A value; `now` is an
/// argument, so it can be tested without waiting.
package struct TokenBucket: Sendable {
    /// Messages per second.
    package private(set) var rate: Double
    private let burst: Double
    private var tokens: Double
    private var filledAt: Int64
    private var blockedUntil: Int64 = 0

    /// Starts empty: a restart must not burst.
    ///
    /// - Parameters:
    ///   - rate: messages per second.
    ///   - now: monotonic milliseconds, as in every call.
    package init(rate: Double, now: Int64) {
        precondition(rate > 0, "a rate is positive")
        self.rate = rate
        // What arrives in 20 ms, so that a busy loop can send in batches without a visible burst.
        burst = max(1, rate / 50)
        tokens = 0
        filledAt = now
    }

    /// Whole messages that may go now.
    package mutating func available(now: Int64) -> Int {
        guard now >= blockedUntil else { return 0 }
        tokens = min(burst, tokens + Double(max(0, now - filledAt)) * rate / 1_000)
        filledAt = now
        // Sums of fractions fall short of a whole by rounding.
        return Int(tokens + 1e-9)
    }

    package mutating func take(_ count: Int) { tokens -= Double(count) }

    /// Nothing goes before then: the provider's `Retry-After`.
    package mutating func block(until time: Int64) {
        blockedUntil = max(blockedUntil, time)
        tokens = 0
        filledAt = max(filledAt, blockedUntil)
    }

    /// When the next message may go, in monotonic milliseconds.
    package func nextAt(now: Int64) -> Int64 {
        guard now >= blockedUntil else { return blockedUntil }
        guard tokens < 1 else { return now }
        return now + Int64(((1 - tokens) * 1_000 / rate).rounded(.up))
    }
}
