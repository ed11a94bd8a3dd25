import DeliveryEngine
import Testing

@Suite struct TokenBucketTests {
    /// Takes whatever is there at every millisecond of a while.
    private func sent(rate: Double, milliseconds: Range<Int64>, bucket: inout TokenBucket) -> Int {
        milliseconds.reduce(0) { total, now in
            let count = bucket.available(now: now)
            bucket.take(count)
            return total + count
        }
    }

    @Test(arguments: [1.0, 7, 50, 333, 2_000, 10_000])
    func `the mean is the rate and nothing more`(rate: Double) {
        var bucket = TokenBucket(rate: rate, now: 0)
        let count = sent(rate: rate, milliseconds: 0..<60_000, bucket: &bucket)
        #expect(Double(count) <= rate * 60)
        #expect(Double(count) >= rate * 60 * 0.98 - 1)
    }

    @Test func `it starts empty, so that a restart does not burst`() {
        var bucket = TokenBucket(rate: 1_000, now: 5_000)
        #expect(bucket.available(now: 5_000) == 0)
        #expect(bucket.available(now: 5_001) == 1)
    }

    @Test func `a long pause saves up one small burst`() {
        var bucket = TokenBucket(rate: 1_000, now: 0)
        #expect(bucket.available(now: 3_600_000) == 11)
    }

    @Test func `a provider's wait is kept, and nothing is saved up meanwhile`() {
        var bucket = TokenBucket(rate: 1_000, now: 0)
        bucket.block(until: 30_000)
        #expect(sent(rate: 1_000, milliseconds: 0..<30_000, bucket: &bucket) == 0)
        #expect(bucket.nextAt(now: 10) == 30_000)
        #expect(bucket.available(now: 30_001) == 1)
    }

    @Test func `it says when the next may go`() {
        var bucket = TokenBucket(rate: 4, now: 0)
        _ = bucket.available(now: 0)
        let next = bucket.nextAt(now: 0)
        #expect(next == 250)
        #expect(bucket.available(now: next - 1) == 0)
        #expect(bucket.available(now: next) == 1)
    }

    /// Sends as a lane does: wakes when the bucket says, some milliseconds late, and not at all while it is busy elsewhere.
    @Test(arguments: [1.0, 10, 50, 500, 5_000])
    func `a thread that wakes late and stalls keeps the mean, and no moment is above the rate`(rate: Double) {
        var bucket = TokenBucket(rate: rate, now: 0)
        var random = SystemRandomNumberGenerator()
        var perMillisecond = [Int](repeating: 0, count: 120_000)
        var now: Int64 = 0
        while now < 120_000 {
            let count = bucket.available(now: now)
            bucket.take(count)
            perMillisecond[Int(now)] += count
            now = max(now + 1, bucket.nextAt(now: now) + Int64.random(in: 0...1, using: &random))
            // A disk that takes its time.
            if Int.random(in: 0..<400, using: &random) == 0 { now += 30 }
        }
        #expect(Double(perMillisecond.reduce(0, +)) >= rate * 120 * 0.98 - 1)
        #expect(Double(perMillisecond.reduce(0, +)) <= rate * 120)
        var window = perMillisecond[..<100].reduce(0, +)
        var worst = window
        for start in 1..<(120_000 - 100) {
            window += perMillisecond[start + 99] - perMillisecond[start - 1]
            worst = max(worst, window)
        }
        #expect(Double(worst) <= 1.05 * rate * 0.1 + max(1, rate / 50))
    }

    @Test func `another rate counts from then on`() {
        var bucket = TokenBucket(rate: 1_000, now: 0)
        #expect(sent(rate: 1_000, milliseconds: 0..<1_000, bucket: &bucket) >= 990)
        bucket.change(rate: 100, now: 1_000)
        #expect((98...110).contains(sent(rate: 100, milliseconds: 1_000..<2_000, bucket: &bucket)))
    }
}
