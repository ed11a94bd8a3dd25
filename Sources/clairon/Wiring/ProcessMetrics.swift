import API
import Core
import DeliveryEngine
import HTTPServer
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
            Metric("clairon_inflight_messages", .gauge, "Messages on the wire.", lanes.map { .init(Double($0.inFlight), labels: labels($0)) }),
            Metric("clairon_leased_messages", .gauge, "Messages leased and not begun.", lanes.map { .init(Double($0.waiting), labels: labels($0)) }),
            Metric("clairon_breaker_state", .gauge, "0 closed, 1 half open, 2 open.", lanes.map { .init($0.breaker.figure, labels: labels($0)) }),
            Metric("clairon_recovered_messages_total", .counter, "What recovery did with an earlier process's rows.", [
                .init(Double(recovery.released), labels: [("action", "released")]),
                .init(Double(recovery.resent), labels: [("action", "resent")]),
                .init(Double(recovery.unknown), labels: [("action", "unknown")]),
                .init(Double(recovery.dead), labels: [("action", "dead")]),
            ]),
            Metric("clairon_invariant_violations_total", .counter, "Runs whose rows did not sum to their audience. Must be 0.",
                   [.init(Double(engine.violations))]),
            Metric("clairon_wal_bytes", .gauge, "Size of the write-ahead log.",
                   [.init(Double(WALSize.bytes(of: ledger.file.path)), labels: [("file", "ledger")])]),
        ]
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
            Metric("clairon_http_connections_total", .counter, "Connections accepted.", [.init(Double(counters.accepted))]),
            Metric("clairon_http_requests_total", .counter, "Requests read.", [.init(Double(counters.requests))]),
            Metric("clairon_http_rejected_requests_total", .counter, "Requests refused before any handler.",
                   counters.rejected.sorted { $0.key < $1.key }.map { .init(Double($0.value), labels: [("reason", $0.key)]) }),
        ]
    }
}
