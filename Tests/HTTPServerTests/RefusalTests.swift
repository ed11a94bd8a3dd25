import HTTPServer
import Testing

@Suite struct RefusalTests {
    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET /\(String(repeating: "a", count: 9000))", 414),
        ("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 200))\r\n", 431),
        ("GET / HTTP/3.0\r\n\r\n", 505), ("BREW / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n", 501),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417), ("\u{16}\u{3}\u{1}", 400),
    ])
    func `answers a bad head and reads nothing after it`(bytes: String, status: Int) async throws {
        try await withServer { port, server in
            let client = try TestClient(port: port)
            let answer = try client.ask(bytes + "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.status == status)
            #expect(answer.headers["connection"] == "close")
            #expect(try client.readsEnd())
            #expect(server.counters.requests == 0)
        }
    }

    @Test func `answers the good request before the bad one`() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nBROKEN\r\n\r\n")
            #expect(try client.read().status == 200)
            #expect(try client.read().status == 400)
            #expect(try client.readsEnd())
        }
    }

    @Test func `a half head and an end are a 400`() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            client.send("GET / HTTP/1.1\r\nHo")
            client.halfClose()
            #expect(try client.read().status == 400)
        }
    }

    @Test func `the answer survives what the sender had still under way`() async throws {
        try await withServer { port, _ in
            for _ in 0..<20 {
                let client = try TestClient(port: port)
                client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
                client.send([UInt8](repeating: 0x61, count: 50_000))
                #expect(try client.read().status == 413)
            }
        }
    }

    @Test func `turns connections away above the limit, and takes them again below it`() async throws {
        try await withServer({ $0.maxConnections = 2 }) { port, server in
            let first = try TestClient(port: port)
            #expect(try first.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            let second = try TestClient(port: port)
            #expect(try second.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            let third = try TestClient(port: port)
            #expect(try third.read().status == 503)
            #expect(server.counters.rejected == ["too_many_connections": 1])
            #expect(try first.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").status == 200)
            first.halfClose()
            #expect(try first.readsEnd())
            while server.counters.active == 2 { await Task.yield() }
            let fourth = try TestClient(port: port)
            #expect(try fourth.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        }
    }

    @Test func `counts connections of one address`() async throws {
        try await withServer({ $0.maxConnectionsPerAddress = 1 }) { port, server in
            let first = try TestClient(port: port)
            #expect(try first.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            let second = try TestClient(port: port)
            #expect(try second.read().status == 503)
            #expect(server.counters.rejected == ["too_many_connections_per_address": 1])
        }
    }

    @Test func `an answer that would split the head becomes a 500`() async throws {
        try await withServer(routes: { router in
            router.on(.GET, "/split") { _ in
                Response(status: 302, headers: [("location", "/x\r\nset-cookie: a=b")], body: .empty)
            }
        }) { port, _ in
            let client = try TestClient(port: port)
            let answer = try client.ask("GET /split HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.status == 500)
            #expect(answer.headers["set-cookie"] == nil)
        }
    }

    @Test func `a handler cannot write its own framing`() async throws {
        try await withServer(routes: { router in
            router.on(.GET, "/odd") { _ in
                Response(
                    status: 200, headers: [("Content-Length", "99"), ("Transfer-Encoding", "chunked")],
                    body: .bytes([0x61]))
            }
        }) { port, _ in
            let client = try TestClient(port: port)
            let answer = try client.ask("GET /odd HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.headers["content-length"] == "1")
            #expect(answer.headers["transfer-encoding"] == nil)
        }
    }

    @Test func `a 204 has neither content nor length`() async throws {
        try await withServer(routes: { router in
            router.on(.DELETE, "/thing") { _ in Response(status: 204, body: .bytes([0x61])) }
        }) { port, _ in
            let client = try TestClient(port: port)
            let answer = try client.ask("DELETE /thing HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.status == 204)
            #expect(answer.headers["content-length"] == nil)
            #expect(try client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        }
    }
}
