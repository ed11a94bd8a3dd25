import Core
import HTTPServer
import Storage

extension RouteGroup {
    /// What supervisors ask: `/healthz`, `/readyz`, `/metrics`. Open: a reverse proxy should not pass them on.
    static let health = RouteGroup("health", [
        Endpoint(.GET, "/healthz", "Whether the process answers; touches nothing else.", results: [(200, .schema("Health"))],
                 always: Answer(200, ["status": "ok"])),
        Endpoint(.GET, "/readyz", .open, "Whether the server can do its work: the database takes writes and every part is well. 503 names what is not.",
                 results: [(200, .schema("Health"))]) { call in
            var failing = call.context.readiness.failing
            do {
                let writer = call.store.file.writer
                try await withCheckedThrowingContinuation { continuation in writer.beat { continuation.resume(with: $0) } }
            } catch {
                failing.insert("database", at: 0)
            }
            guard failing.isEmpty else {
                throw Problem(.unavailable, "Not ready: \(failing.joined(separator: ", ")).", headers: [("retry-after", "5")])
            }
            return Answer(200, ["status": "ok"])
        },
        Endpoint(.GET, "/metrics", .open, "Figures for Prometheus.", results: [(200, .type("text/plain"))]) { call in
            Answer(200, .bytes(Array(await call.context.metrics.text.utf8), type: "text/plain; version=0.0.4; charset=utf-8"))
        },
    ], schemas: [
        "Health": #"{"type":"object","additionalProperties":false,"required":["status"],"properties":{"status":{"const":"ok"}}}"#,
    ])

    /// The document that describes all this.
    static let document = RouteGroup("document", [
        Endpoint(.GET, "/v1/openapi.json", .open, "This document.", results: [(200, .type("application/json"))]) { call in
            Answer(200, .bytes(call.document, type: "application/json"))
        },
    ])
}
