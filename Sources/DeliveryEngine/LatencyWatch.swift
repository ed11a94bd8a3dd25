/// Whether a provider answers much later than it can: it has more than it copes with, even if it does not say so. A value.
///
/// It follows the median, not the mean: one answer that takes half a minute says nothing about the others.
struct LatencyWatch: Sendable {
    /// A running median in milliseconds: each answer moves it by a twentieth.
    private var median: Double?
    /// The lowest median, which doubles in a minute unless it is seen again: networks and providers change.
    private var best: Double?
    private var agedAt: Int64 = 0
    private var samples = 0

    private static let step = 1.05
    /// Answers from which on the median says something.
    private static let enough = 32
    private static let multiple = 4.0
    /// What is noise on a fast network, in milliseconds.
    private static let noise = 250.0

    /// Adds an answer; true when answers are much later than the best.
    ///
    /// - Parameter now: monotonic milliseconds.
    mutating func isLate(_ milliseconds: Int64, now: Int64) -> Bool {
        let sample = Double(max(1, milliseconds))
        let median = max(1, median.map { sample > $0 ? $0 * LatencyWatch.step : $0 / LatencyWatch.step } ?? sample)
        self.median = median
        samples += 1
        guard samples >= LatencyWatch.enough else { return false }
        let aged = best.map { $0 * (1 + Double(max(0, now - agedAt)) / 60_000) } ?? median
        let best = min(aged, median)
        self.best = best
        agedAt = now
        return median > max(LatencyWatch.multiple * best, best + LatencyWatch.noise)
    }

    /// The rate was lowered: the answers from here on say whether that was enough.
    mutating func restart() { samples = 0 }
}
