import API
import Core
import Linux
import Testing

@Suite struct HealthRoutesTests {
    @Test func `readiness names what is not well`() async throws {
        try await TestServer.run { server in
            #expect(try await server.send("GET", "/healthz", key: .some(nil)).json == ["status": "ok"])
            #expect(try await server.send("GET", "/readyz", key: .some(nil)).status == 200)
            let isWell = Lock(false)
            server.context.readiness.register("engine") { isWell.withLock { $0 } }
            let sick = try await server.send("GET", "/readyz", key: .some(nil))
            #expect(sick.status == 503 && sick.text.contains("engine"))
            isWell.withLock { $0 = true }
            #expect(try await server.send("GET", "/readyz", key: .some(nil)).status == 200)
        }
    }

    @Test func `figures are shown in the format of Prometheus`() async throws {
        try await TestServer.run { server in
            server.context.metrics.register { [Metric("clairon_test_total", .counter, "A \"test\"\nof text.", [.init(2, labels: [("kind", "a\"b")]), .init(0.5)])] }
            let reply = try await server.send("GET", "/metrics", key: .some(nil))
            #expect(reply.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(reply.text.contains("# TYPE clairon_wal_bytes gauge\nclairon_wal_bytes{file=\"store\"} "))
            #expect(reply.text.hasSuffix("# TYPE clairon_test_total counter\nclairon_test_total{kind=\"a\\\"b\"} 2\nclairon_test_total 0.5\n"))
        }
    }

    @Test func `what two parts count under one name is one metric`() async throws {
        try await TestServer.run { server in
            server.context.metrics.register { [Metric("clairon_wal_bytes", .gauge, "Another text.", [.init(7, labels: [("file", "ledger")])])] }
            let lines = try await server.send("GET", "/metrics", key: .some(nil)).text.split(separator: "\n")
            let types = lines.filter { $0.hasPrefix("# TYPE ") }
            #expect(Set(types).count == types.count && lines.count { $0.hasPrefix("# HELP clairon_wal_bytes ") } == 1)
            let first = try #require(lines.firstIndex { $0.hasPrefix("clairon_wal_bytes{file=\"store\"} ") })
            #expect(lines[first + 1] == "clairon_wal_bytes{file=\"ledger\"} 7")
        }
    }
}
