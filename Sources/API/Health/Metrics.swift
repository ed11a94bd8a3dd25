import Core
import Linux
import Storage

/// One figure under a name, in the text format of Prometheus. Labels hold words of a closed list, never ids of people.
package struct Metric: Sendable {
    package enum Kind: String, Sendable { case counter, gauge }

    package struct Sample: Sendable {
        package let labels: [(name: String, value: String)]
        package let value: Double

        package init(_ value: Double, labels: [(name: String, value: String)] = []) {
            self.value = value
            self.labels = labels
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
}

/// Who has figures to show. Every part of the server registers what it counts.
package final class MetricsRegistry: Sendable {
    package typealias Provider = @Sendable () -> [Metric]

    private let providers = Lock<[Provider]>([])
    /// Samples of one metric at most: a label that grows without end must not fill memory here and elsewhere.
    private static let maxSamples = 1_000

    package init() {}

    /// - Parameter provider: called for every scrape, on any thread; must not block.
    package func register(_ provider: @escaping Provider) {
        providers.withLock { $0.append(provider) }
    }

    /// Every figure, in the text exposition format 0.0.4.
    package var text: String {
        var all: [Metric] = []
        var places: [String: Int] = [:]
        for metric in providers.withLock({ $0 }).flatMap({ $0() }) {
            // One HELP and one TYPE for each name, its samples in one group: several parts may count the same.
            if let place = places[metric.name] {
                all[place] = Metric(metric.name, all[place].kind, all[place].help, all[place].samples + metric.samples)
            } else {
                places[metric.name] = all.count
                all.append(metric)
            }
        }
        var out = ""
        for metric in all {
            out += "# HELP \(metric.name) \(escape(metric.help))\n# TYPE \(metric.name) \(metric.kind.rawValue)\n"
            for sample in metric.samples.prefix(MetricsRegistry.maxSamples) {
                let labels = sample.labels.map { "\($0.name)=\"\(escape($0.value))\"" }.joined(separator: ",")
                out += "\(metric.name)\(labels.isEmpty ? "" : "{\(labels)}") \(number(sample.value))\n"
            }
        }
        return out
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

/// What clairon.db has to tell.
struct StorageMetrics: Sendable {
    let store: Store

    func read() -> [Metric] {
        let labels = [(name: "file", value: "store")]
        return [
            Metric("clairon_wal_bytes", .gauge, "Size of the write-ahead log.", [.init(Double(WALSize.bytes(of: store.file.path)), labels: labels)]),
            Metric("clairon_commits_total", .counter, "Transactions committed.", [.init(Double(store.file.writer.commitCount), labels: labels)]),
            Metric("clairon_writes_waiting", .gauge, "Writes that wait for their commit.", [.init(Double(store.file.writer.backlog), labels: labels)]),
        ]
    }
}
