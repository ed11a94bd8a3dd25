package import Core
import Linux
package import Storage

/// One figure under a name, in the text format of Prometheus. Labels hold words of a closed list, never ids of people.
package struct Metric: Sendable {
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    package struct Sample: Sendable {
        package let labels: [(name: String, value: String)]
        package let value: Double
        /// `_bucket`, `_sum` or `_count` of a histogram.
        let suffix: String

        package init(_ value: Double, labels: [(name: String, value: String)] = [], suffix: String = "") {
            self.value = value
            self.labels = labels
            self.suffix = suffix
        }
    }

    package let name: String
    package let kind: Kind
    package let help: String
    package let samples: [Sample]

    /// - Parameter name: with its unit; counters end in `_total` (prometheus.io/docs/practices/naming).
    package init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// - Parameter name: with its unit, `_seconds`.
    package init(_ name: String, _ help: String, _ histograms: [(labels: [(name: String, value: String)], histogram: Histogram)]) {
        self.init(name, .histogram, help, histograms.flatMap { labels, histogram in
            var total: Int64 = 0
            let bounds = histogram.bounds.map { "\($0)" } + ["+Inf"]
            let buckets = zip(bounds, histogram.counts).map { bound, count in
                total += count
                return Sample(Double(total), labels: labels + [("le", bound)], suffix: "_bucket")
            }
            return buckets + [
                Sample(histogram.sum, labels: labels, suffix: "_sum"), Sample(Double(total), labels: labels, suffix: "_count"),
            ]
        })
    }
}

/// Who has figures to show. Every part of the server registers what it counts.
package final class MetricsRegistry: Sendable {
    package typealias Provider = @Sendable () async -> [Metric]

    private let providers = Lock<[Provider]>([])
    /// Sets of labels of one metric at most: a label that grows without end must not fill memory here and elsewhere.
    private static let maxSeries = 1_000

    package init() {}

    /// - Parameter provider: called for every scrape, on any thread; must not block.
    package func register(_ provider: @escaping Provider) {
        providers.withLock { $0.append(provider) }
    }

    /// Every figure, in the text exposition format 0.0.4.
    package var text: String {
        get async {
            var out = ""
            for metric in await measure() {
                out += "# HELP \(metric.name) \(escape(metric.help))\n# TYPE \(metric.name) \(metric.kind.rawValue)\n"
                for sample in metric.samples.prefix(limit(of: metric)) {
                    let labels = sample.labels.map { "\($0.name)=\"\(escape($0.value))\"" }.joined(separator: ",")
                    out += "\(metric.name)\(sample.suffix)\(labels.isEmpty ? "" : "{\(labels)}") \(number(sample.value))\n"
                }
            }
            return out
        }
    }

    /// A histogram is cut between two series, never inside one.
    private func limit(of metric: Metric) -> Int {
        guard metric.kind == .histogram, let width = metric.samples.firstIndex(where: { $0.suffix == "_count" }) else {
            return MetricsRegistry.maxSeries
        }
        return MetricsRegistry.maxSeries / (width + 1) * (width + 1)
    }

    private func measure() async -> [Metric] {
        var all: [Metric] = []
        var places: [String: Int] = [:]
        for provider in providers.withLock({ $0 }) {
            for metric in await provider() {
                // One HELP and one TYPE for each name, its samples in one group: several parts may count the same.
                if let place = places[metric.name] {
                    all[place] = Metric(metric.name, all[place].kind, all[place].help, all[place].samples + metric.samples)
                } else {
                    places[metric.name] = all.count
                    all.append(metric)
                }
            }
        }
        return all
    }

    private func number(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? (value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : String(value))
    }

    private func escape(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

/// What a database file has to tell.
package enum FileMetrics {
    /// - Parameter name: value of the `file` label.
    package static func read(_ file: DatabaseFile, name: String) -> [Metric] {
        let labels = [(name: "file", value: name)]
        return [
            Metric("clairon_wal_bytes", .gauge, "Size of the write-ahead log.", [.init(Double(WALSize.bytes(of: file.path)), labels: labels)]),
            Metric("clairon_commits_total", .counter, "Transactions committed.", [.init(Double(file.writer.commitCount), labels: labels)]),
            Metric("clairon_commit_duration_seconds", "From BEGIN to the end of COMMIT, fsync included.", [(labels, file.writer.commitDurations)]),
            Metric("clairon_writes_waiting", .gauge, "Writes that wait for their commit.", [.init(Double(file.writer.backlog), labels: labels)]),
            Metric("clairon_pending_write_bytes", .gauge, "Bytes of requests that wait for their commit, and room that imports have taken.",
                   [.init(Double(file.writer.pendingBytes), labels: labels)]),
        ]
    }
}
