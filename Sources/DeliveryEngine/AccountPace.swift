import Core

/// How fast one account may send: the adaptive rate, below it the ramp after a pause, and the bucket that keeps to both.
/// A value; `now` is monotonic milliseconds.
package struct AccountPace: Sendable {
    package private(set) var adaptive: AdaptiveRate
    private var ramp: Ramp?
    private var bucket: TokenBucket?

    /// - Parameter ramp: zero for none; without a rate there is nothing to ramp to.
    package init(ceiling: Double?, ramp duration: Duration) {
        adaptive = AdaptiveRate(ceiling: ceiling)
        if let ceiling, duration > .zero { ramp = Ramp(to: ceiling, over: duration.milliseconds) }
    }

    /// Goes on where an earlier process was; the bucket is empty.
    package mutating func restore(_ rate: Double?, blockedUntil: Int64) { adaptive.restore(rate, blockedUntil: blockedUntil) }

    /// Messages per second that the bucket lets through; nil while nothing limits them.
    package var ratePerSecond: Double? { bucket?.rate ?? adaptive.current }

    /// How many messages may wait for their turn: 50 ms' worth, so that a slow disk delays none.
    package var lookahead: Int { ratePerSecond.map { 1 + Int($0 / 20) } ?? .max }

    /// How many messages may go now. Asked only when there is something to send.
    package mutating func available(now: Int64) -> Int {
        guard now >= adaptive.blockedUntil else { return 0 }
        guard let limit = adaptive.current else {
            bucket = nil
            return .max
        }
        let rate = min(limit, ramp?.rate(now: now) ?? limit)
        if bucket == nil { bucket = TokenBucket(rate: rate, now: now) }
        bucket?.change(rate: rate, now: now)
        return bucket?.available(now: now) ?? .max
    }

    package mutating func take(_ count: Int, now: Int64) {
        bucket?.take(count)
        adaptive.sent(count, now: now)
    }

    package mutating func answered(sentAt: Int64, now: Int64) { adaptive.answered(sentAt: sentAt, now: now) }

    package mutating func accepted(sentAt: Int64, now: Int64) { adaptive.accepted(sentAt: sentAt, now: now) }

    /// See `AdaptiveRate.throttled`.
    package mutating func throttled(for told: Int64?, sentAt: Int64, now: Int64) -> Int64 {
        let wait = adaptive.throttled(for: told, sentAt: sentAt, now: now)
        if adaptive.blockedUntil > now { bucket?.block(until: adaptive.blockedUntil) }
        return wait
    }

    /// When the next message may go.
    package func nextAt(now: Int64) -> Int64 { max(adaptive.blockedUntil, bucket?.nextAt(now: now) ?? now) }
}
