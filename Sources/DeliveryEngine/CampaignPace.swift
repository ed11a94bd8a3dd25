import Core
import Linux

/// The rate of one campaign over all its accounts. Lanes of any sender thread draw from it.
package final class CampaignPace: Sendable {
    package let ratePerSecond: Int
    private let bucket: Lock<TokenBucket>

    package init(ratePerSecond: Int, now: Int64) {
        self.ratePerSecond = ratePerSecond
        bucket = Lock(TokenBucket(rate: Double(ratePerSecond), now: now))
    }

    /// Takes up to `wanted` turns; what it returns is spent.
    func draw(_ wanted: Int, now: Int64) -> Int {
        bucket.withLock { bucket in
            let count = min(wanted, bucket.available(now: now))
            bucket.take(count)
            return count
        }
    }

    /// Gives back turns that were drawn and not used.
    func giveBack(_ count: Int) {
        bucket.withLock { $0.take(-count) }
    }

    func nextAt(now: Int64) -> Int64 { bucket.withLock { $0.nextAt(now: now) } }
}
