package import Storage
import Synchronization

/// Holds callers to a rate by the generic cell rate algorithm (ITU-T I.371 annex A), the token bucket that needs one number: when the
/// bucket will be full again. One atomic word for each key, no lock, no timer.
package final class RateGate: Sendable {
    /// What became of one request.
    package struct Verdict: Sendable, Equatable {
        package let isAllowed: Bool
        /// Requests left at once.
        package let remaining: Int64
        /// Seconds until the whole burst is there again, rounded up.
        package let resetSeconds: Int64
        /// Seconds until one request is allowed, rounded up; 0 when it is.
        package let waitSeconds: Int64
    }

    package let rate: KeyRate
    /// `RateLimit-Policy`: the burst is the quota, the window the time in which it fills.
    let policy: String
    /// In nanoseconds: what one request takes, and how far ahead of now the bucket may be booked.
    private let interval: Int64
    private let depth: Int64
    private let fullAt = Atomic<Int64>(.min)

    private static let second: Int64 = 1_000_000_000

    package init(_ rate: KeyRate) {
        self.rate = rate
        interval = RateGate.second / rate.perSecond
        depth = interval * rate.burst
        policy = "\"default\";q=\(rate.burst);w=\(RateGate.seconds(depth))"
    }

    /// Books one request.
    package func take(nowMilliseconds: Int64) -> Verdict {
        let now = nowMilliseconds * 1_000_000
        var old = fullAt.load(ordering: .relaxed)
        while true {
            let next = max(old, now) + interval
            let booked = next - now
            guard booked <= depth else {
                return Verdict(isAllowed: false, remaining: 0, resetSeconds: RateGate.seconds(old - now),
                               waitSeconds: max(1, RateGate.seconds(booked - depth)))
            }
            let (isDone, current) = fullAt.weakCompareExchange(expected: old, desired: next, ordering: .relaxed)
            if isDone {
                return Verdict(isAllowed: true, remaining: (depth - booked) / interval, resetSeconds: RateGate.seconds(booked), waitSeconds: 0)
            }
            old = current
        }
    }

    private static func seconds(_ nanoseconds: Int64) -> Int64 { (nanoseconds + second - 1) / second }
}

extension RateGate.Verdict {
    /// `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10): written without formatting, since every answer has it.
    package var field: String {
        String(unsafeUninitializedCapacity: 64) { buffer in
            var count = 0
            func append(_ text: StaticString) {
                for index in 0..<text.utf8CodeUnitCount {
                    buffer[count] = text.utf8Start[index]
                    count += 1
                }
            }
            func append(_ number: Int64) {
                var divisor: Int64 = 1
                while number / divisor >= 10 { divisor *= 10 }
                while divisor > 0 {
                    buffer[count] = UInt8(ascii: "0") + UInt8(number / divisor % 10)
                    count += 1
                    divisor /= 10
                }
            }
            append("\"default\";r=")
            append(remaining)
            append(";t=")
            append(resetSeconds)
            return count
        }
    }
}
