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
