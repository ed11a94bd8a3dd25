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
        #expect(bucket.available(now: 3_600_000) == 20)
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
}
