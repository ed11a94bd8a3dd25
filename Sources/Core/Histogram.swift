/// How often something took how long: counts by upper bounds, in seconds.
package struct Histogram: Sendable, Equatable {
    /// From a commit on a fast disk to a provider that hangs.
    package static let seconds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

    package let bounds: [Double]
    /// Of each bound, those above the one before; the last are above all.
    package private(set) var counts: [Int64]
    package private(set) var sum = 0.0

    /// - Parameter bounds: rising.
    package init(bounds: [Double] = Histogram.seconds) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    package var count: Int64 { counts.reduce(0, +) }

    package mutating func add(_ seconds: Double) {
        counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
        sum += seconds
    }
}
