import HTTPServer
import Linux
import Testing

/// Clients that do just enough to look alive.
@Suite struct SlowClientTests {
    /// Moves the clock and has the loop notice.
    private func pass(_ milliseconds: Int64, _ time: ManualTime, _ server: Server) async {
        time.advance(milliseconds: milliseconds)
        for _ in 0..<2 {
            let seen = Gate()
            _ = server.tick { seen.open() }
            await seen.wait()
        }
    }

    @Test func `a body that keeps its least rate ends all the same`() async throws {
        let time = ManualTime()
        try await withServer(time: time) { port, server in
            let client = try TestClient(port: port)
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
            try await Wait.until { server.counters.requests == 1 }
            // 2,000 bytes in each two seconds are twice what bodyBytesPerSecond asks.
            for second in 1...29 {
                client.send([UInt8](repeating: 0x61, count: 2_000))
                await pass(2_000, time, server)
                #expect(server.counters.rejected == [:], "after \(second * 2) s")
            }
            await pass(5_000, time, server)
            #expect(try client.read().status == 408)
            #expect(server.counters.rejected == ["body_timeout": 1])
        }
    }

    @Test func `who takes a byte now and then has not taken the answer`() async throws {
        let time = ManualTime()
        let failed = Gate()
        try await withServer({ $0.writeMilliseconds = 10_000 }, time: time, routes: { router in
            router.on(.GET, "/endless") { _ in
                Response(status: 200, body: .stream { writer in
                    do throws(BodyError) {
                        while true { try await writer.write([UInt8](repeating: 0x61, count: 100_000)) }
                    } catch { failed.open() }
                })
            }
        }) { port, server in
            let client = try TestClient(port: port, receiveBuffer: 4_096)
            client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            try await Wait.until { server.counters.requests == 1 }
            try await Wait.until { client.isReadable }
            // Until the kernel's buffers are full there is progress, however little the client takes.
            for _ in 0..<20 where server.counters.rejected.isEmpty {
                await pass(9_000, time, server)
                _ = client.takeBytes(1)
                await pass(2_000, time, server)
            }
            try #require(server.counters.rejected == ["write_timeout": 1])
            await failed.wait()
        }
    }

    @Test func `who takes slowly but steadily gets all of it`() async throws {
        let time = ManualTime()
        let whole = 6_000_000
        try await withServer({ $0.writeMilliseconds = 10_000 }, time: time, routes: { router in
            router.on(.GET, "/long") { _ in .bytes([UInt8](repeating: 0x61, count: whole), type: "text/plain") }
        }) { port, server in
            let client = try TestClient(port: port, receiveBuffer: 65_536)
            client.send("GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
            var taken = 0
            while taken < whole {
                taken += client.takeBytes(200_000)
                await pass(9_000, time, server)
            }
            #expect(server.counters.rejected == [:])
        }
    }

    @Test func `idle connections give way once room is scarce, the unproven ones first`() async throws {
        let time = ManualTime()
        try await withServer({ $0.maxConnections = 16 }, time: time) { port, server in
            let ask = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
            let proven = try TestClient(port: port)
            for _ in 0..<2 { #expect(try proven.ask(ask).status == 200) }
            let lone = try TestClient(port: port)
            #expect(try lone.ask(ask).status == 200)
            await pass(9_000, time, server)
            #expect(server.counters.active == 2, "there is room")
            let others = try (0..<4).map { _ in try TestClient(port: port) }
            for other in others { #expect(try other.ask(ask).status == 200) }
            await pass(9_000, time, server)
            try await Wait.until { server.counters.active == 1 }
            #expect(try lone.readsEnd())
            for other in others { #expect(try other.readsEnd()) }
            #expect(try proven.ask(ask).status == 200)
        }
    }

    @Test func `beyond the limit the answer is 503, and it arrives`() async throws {
        try await withServer({ $0.maxConnections = 1 }) { port, server in
            let first = try TestClient(port: port)
            #expect(try first.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            for _ in 0..<40 {
                let next = try TestClient(port: port)
                next.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try next.read()
                #expect(answer.status == 503)
                #expect(answer.headers["retry-after"] == "1")
                #expect(answer.headers["connection"] == "close")
                #expect(!next.wasReset)
            }
            #expect(server.counters.active == 1)
            #expect(server.counters.rejected == ["too_many_connections": 40])
        }
    }

    @Test func `a loop that a handler blocks does not tick`() async throws {
        let door = Lock(false)
        let running = Gate()
        try await withServer({ $0.loops = 2 }, routes: { router in
            router.on(.GET, "/block") { _ in
                running.open()
                while !door.withLock({ $0 }) { Pause.shortly() }
                return .text("done")
            }
        }) { port, server in
            let free = Lock(0)
            let seen = Gate()
            let expected = server.tick { if free.withLock({ $0 += 1; return $0 }) == 2 { seen.open() } }
            #expect(expected == 2)
            await seen.wait()
            let client = try TestClient(port: port)
            client.send("GET /block HTTP/1.1\r\nHost: a\r\n\r\n")
            await running.wait()
            let ticks = Lock(0)
            _ = server.tick { ticks.withLock { $0 += 1 } }
            try await Wait.until { ticks.withLock { $0 } == 1 }
            #expect(ticks.withLock { $0 } == 1)
            door.withLock { $0 = true }
            try await Wait.until { ticks.withLock { $0 } == 2 }
            #expect(try client.read().status == 200)
        }
    }
}
