import HTTPServer
import Testing

@Suite struct DrainTests {
    @Test func `lets a running request finish, and says goodbye`() async throws {
        let (gate, running) = (Gate(), Gate())
        try await withServer(routes: { router in
            router.on(.GET, "/wait") { _ in
                running.open()
                await gate.wait()
                return .text("done")
            }
        }) { port, server in
            let busy = try TestClient(port: port)
            busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            let idle = try TestClient(port: port)
            #expect(try idle.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            await running.wait()
            async let drained: Void = server.drain()
            #expect(try idle.readsEnd())
            #expect(throws: TestClient.Failed.self) { try TestClient(port: port) }
            gate.open()
            let answer = try busy.read()
            #expect(answer.body == "done")
            #expect(answer.headers["connection"] == "close")
            #expect(try busy.readsEnd())
            await drained
            #expect(server.counters.active == 0)
        }
    }

    @Test func `an answer that waits for a body waits no longer`() async throws {
        let running = Gate()
        try await withServer(routes: { router in
            router.on(.POST, "/fine") { _ in
                running.open()
                return .text("fine")
            }
        }) { port, server in
            let slow = try TestClient(port: port)
            slow.send("POST /fine HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
            await running.wait()
            // The handler's answer is with its loop before this one.
            #expect(try TestClient(port: port).ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            async let drained: Void = server.drain()
            let answer = try slow.read()
            #expect(answer.status == 200 && answer.headers["connection"] == "close")
            #expect(try slow.readsEnd())
            await drained
        }
    }

    @Test func `cuts what has not finished in time`() async throws {
        let (gate, running) = (Gate(), Gate())
        try await withServer({ $0.drainMilliseconds = 100 }, routes: { router in
            router.on(.GET, "/wait") { _ in
                running.open()
                await gate.wait()
                return .text("too late")
            }
        }) { port, server in
            let busy = try TestClient(port: port)
            busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            await running.wait()
            await server.drain()
            #expect(try busy.readToEnd() == "")
            gate.open()
        }
    }
}
