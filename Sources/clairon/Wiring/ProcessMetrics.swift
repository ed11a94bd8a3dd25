import API
import Core
import DeliveryEngine
import HTTPServer
import Linux
import Storage

/// What the engine and its ledger have to tell `/metrics`. Labels are accounts and closed words, never people.
struct EngineMetrics: Sendable {
    let engine: Engine
    let ledger: Ledger

    func read() -> [Metric] {
        let lanes = engine.board.all.sorted { $0.account.name < $1.account.name }
        func labels(_ lane: LaneStatus) -> [(name: String, value: String)] {
            [("account", lane.account.name), ("channel", lane.account.channel.rawValue)]
        }
        let recovery = engine.recovery
        return [
            Metric("clairon_messages_total", .counter, "Attempts by what came of them.", lanes.flatMap { lane in
                lane.outcomes.sorted { $0.key < $1.key }.map { .init(Double($0.value), labels: labels(lane) + [("result", $0.key)]) }
            }),
            Metric("clairon_send_duration_seconds", "From handing a request to libcurl to its end.", lanes.map { (labels($0), $0.durations) }),
            Metric("clairon_inflight_messages", .gauge, "Messages on the wire.", lanes.map { .init(Double($0.inFlight), labels: labels($0)) }),
            Metric("clairon_leased_messages", .gauge, "Messages leased and not begun.", lanes.map { .init(Double($0.waiting), labels: labels($0)) }),
            Metric("clairon_breaker_state", .gauge, "0 closed, 1 half open, 2 open.", lanes.map { .init($0.breaker.figure, labels: labels($0)) }),
            Metric("clairon_account_rate", .gauge, "Messages per second that may go; absent while nothing limits them.",
                   lanes.compactMap { lane in lane.ratePerSecond.map { .init($0, labels: labels(lane)) } }),
            Metric("clairon_recovered_messages_total", .counter, "What recovery did with an earlier process's rows.", [
                .init(Double(recovery.released), labels: [("action", "released")]),
                .init(Double(recovery.resent), labels: [("action", "resent")]),
                .init(Double(recovery.unknown), labels: [("action", "unknown")]),
                .init(Double(recovery.dead), labels: [("action", "dead")]),
            ]),
            Metric("clairon_invariant_violations_total", .counter, "Runs whose rows did not sum to their audience. Must be 0.",
                   [.init(Double(engine.violations))]),
        ] + FileMetrics.read(ledger.file, name: "ledger")
    }
}

extension Breaker.State {
    fileprivate var figure: Double {
        switch self {
        case .closed: 0
        case .halfOpen: 1
        case .open: 2
        }
    }
}

/// What the listener has to tell `/metrics`.
struct ServerMetrics: Sendable {
    let server: Server

    func read() -> [Metric] {
        let counters = server.counters
        return [
            Metric("clairon_http_connections", .gauge, "Open connections.", [.init(Double(counters.active))]),
            Metric("clairon_http_connections_accepted_total", .counter, "Connections accepted.", [.init(Double(counters.accepted))]),
            Metric("clairon_http_requests_total", .counter, "Requests read.", [.init(Double(counters.requests))]),
            Metric("clairon_http_rejected_requests_total", .counter, "Requests refused before any handler.",
                   counters.rejected.sorted { $0.key < $1.key }.map { .init(Double($0.value), labels: [("reason", $0.key)]) }),
        ]
    }
}

/// What the ledger holds, counted at most every ten seconds however often it is asked.
final class LedgerCensus: Sendable {
    private let ledger: Ledger
    private let last = Lock<(at: Timestamp, metrics: [Metric])>((Timestamp(milliseconds: 0), []))

    init(ledger: Ledger) { self.ledger = ledger }

    func read() async -> [Metric] {
        let known = last.withLock { $0 }
        guard known.at + .seconds(10) <= ledger.now || known.at > ledger.now else { return known.metrics }
        // A ledger that cannot be read now leaves the figures as they were.
        guard let counts = try? await ledger.census() else { return known.metrics }
        let metrics = [
            Metric("clairon_ledger_state_messages", .gauge, "Deliveries of unfinished runs by state.", DeliveryState.allCases.map {
                .init(Double(counts[$0, default: 0]), labels: [("state", $0.rawValue)])
            }),
        ]
        last.withLock { $0 = (ledger.now, metrics) }
        return metrics
    }
}

/// The program itself.
enum ProgramMetrics {
    @Sendable static func read() -> [Metric] {
        [
            Metric("clairon_build_info", .gauge, "Always 1.", [.init(1, labels: [("version", Clairon.version)])]),
            Metric("clairon_log_lines_dropped_total", .counter, "Lines that standard error did not take.",
                   [.init(Double(LogSink.standardError.dropped))]),
        ]
    }
}
