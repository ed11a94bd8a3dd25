import Core
import Linux

/// How fast campaigns go, from what their reports counted: the difference between this count and one about ten seconds ago,
/// or the count before when nobody asked for longer. In memory only.
final class SendRates: Sendable {
    struct Count: Sendable {
        /// Messages that were attempted to the end.
        var sent: Int
        /// Members of the audience that need nothing more, skipped ones included.
        var settled: Int
    }

    struct Rate: Sendable {
        var sentPerSecond: Double
        var settledPerSecond: Double
    }

    private struct Sample {
        let at: Int64
        let count: Count
    }

    private let series = Lock<[CampaignID: [Sample]]>([:])

    private static let windowMilliseconds: Int64 = 10_000
    /// Closer samples say nothing that the one before did not.
    private static let stepMilliseconds: Int64 = 500
    private static let maxCampaigns = 256

    /// - Parameter now: monotonic milliseconds.
    /// - Returns: nil until half a second lies between two counts.
    func rate(of campaign: CampaignID, _ count: Count, now: Int64) -> Rate? {
        let first = series.withLock { series -> Sample? in
            if series.count >= SendRates.maxCampaigns, series[campaign] == nil { series.removeAll() }
            var samples = series[campaign, default: []]
            if samples.last.map({ now - $0.at >= SendRates.stepMilliseconds }) ?? true { samples.append(Sample(at: now, count: count)) }
            while samples.count > 2, now - samples[1].at >= SendRates.windowMilliseconds { samples.removeFirst() }
            series[campaign] = samples
            return samples.first
        }
        guard let first, now - first.at >= SendRates.stepMilliseconds else { return nil }
        return SendRates.rate(from: first.count, to: count, milliseconds: now - first.at)
    }

    static func rate(from start: Count = Count(sent: 0, settled: 0), to end: Count, milliseconds: Int64) -> Rate {
        let seconds = Double(max(milliseconds, 1)) / 1_000
        return Rate(sentPerSecond: Double(max(0, end.sent - start.sent)) / seconds,
                    settledPerSecond: Double(max(0, end.settled - start.settled)) / seconds)
    }
}
