/// How many requests a key may make: so many a second in the long run, and up to `burst` at once.
package struct KeyRate: Sendable, Equatable {
    package let perSecond: Int64
    package let burst: Int64

    /// What either may be.
    package static let range: ClosedRange<Int64> = 1...1_000_000

    /// - Parameter burst: two seconds' worth when nil.
    /// - Precondition: both are in `range`.
    package init(perSecond: Int64, burst: Int64? = nil) {
        let burst = burst ?? min(2 * perSecond, KeyRate.range.upperBound)
        precondition(KeyRate.range.contains(perSecond) && KeyRate.range.contains(burst), "a rate is a positive number of requests")
        self.perSecond = perSecond
        self.burst = burst
    }
}
