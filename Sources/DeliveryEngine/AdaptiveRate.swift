/// The rate that a provider bears: lowered at once when it throttles or answers late, raised slowly while it accepts (AIMD).
/// A value; `now` is monotonic milliseconds, and so is when a request was sent.
package struct AdaptiveRate: Sendable {
    /// The configured rate; nil leaves it to the provider.
    package let ceiling: Double?
    /// Messages per second; nil while nothing limits them.
    package private(set) var current: Double?
    /// The provider asked us to wait until then.
    package private(set) var blockedUntil: Int64 = 0

    /// What was sent up to then says nothing about the rate that was set then.
    private var loweredAt: Int64 = .min
    private var raisedAt: Int64 = 0
    /// The rate that is aimed at: the ceiling, or where the provider had enough.
    private var aim: Double
    /// Throttled in a row without being told for how long.
    private var waves = 0
    private var latency = LatencyWatch()
    private var meter = SendMeter()

    private static let throttled = 0.5
    private static let late = 0.8
    /// From nothing to the aim; from half of it in half the time.
    private static let recovery = 30.0
    private static let maxWait: Int64 = 60_000

    package init(ceiling: Double?) {
        self.ceiling = ceiling
        current = ceiling
        aim = ceiling ?? 0
    }

    /// Goes on where an earlier process was.
    ///
    /// - Parameter rate: nil when nothing had been lowered.
    package mutating func restore(_ rate: Double?, blockedUntil: Int64) {
        if let rate {
            current = min(max(rate, 1), ceiling ?? .infinity)
            aim = ceiling ?? 2 * max(rate, 1)
        }
        self.blockedUntil = blockedUntil
    }

    package mutating func sent(_ count: Int, now: Int64) { meter.count(count, now: now) }

    /// An answer came, whatever it says.
    package mutating func answered(sentAt: Int64, now: Int64) {
        guard sentAt > loweredAt, latency.isLate(now - sentAt, now: now) else { return }
        lower(to: AdaptiveRate.late, now: now)
    }

    /// The provider took a message.
    package mutating func accepted(sentAt: Int64, now: Int64) {
        waves = 0
        guard let rate = current, sentAt > loweredAt, now - raisedAt >= 100 else { return }
        let raised = rate + aim / AdaptiveRate.recovery * Double(min(1_000, now - raisedAt)) / 1_000
        raisedAt = now
        // Without a ceiling: far beyond where it had enough, the limit has no meaning any more.
        current = ceiling.map { min($0, raised) } ?? (raised < 2 * aim ? raised : nil)
    }

    /// The account is over its limit.
    ///
    /// - Parameter told: for how long to wait, by the provider.
    /// - Returns: how long the message should wait. Untold it is a second, twice as long with each wave, a minute at most.
    package mutating func throttled(for told: Int64?, sentAt: Int64, now: Int64) -> Int64 {
        let isNews = sentAt > loweredAt
        if isNews { lower(to: AdaptiveRate.throttled, now: now) }
        if let told {
            block(until: now + told)
            return told
        }
        if isNews {
            waves += 1
            block(until: now + min(AdaptiveRate.maxWait, 1_000 << Int64(min(waves - 1, 6))))
        }
        return max(0, blockedUntil - now)
    }

    private mutating func block(until time: Int64) {
        blockedUntil = max(blockedUntil, time)
        raisedAt = max(raisedAt, blockedUntil)
    }

    /// From what really left in the last second: a limit that was not used up says nothing.
    private mutating func lower(to factor: Double, now: Int64) {
        let used = min(current ?? .infinity, max(1, meter.rate(now: now)))
        if ceiling == nil { aim = used }
        current = max(1, aim / 100, used * factor)
        loweredAt = now
        raisedAt = now
        latency.restart()
    }
}
