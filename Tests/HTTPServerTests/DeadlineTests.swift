import HTTPServer
import Linux
import Testing

@Suite struct DeadlineTests {
    @Test func `a head that does not end gets 408, however busily it trickles`() async throws {
        try await withServer({ $0.headMilliseconds = 200 }) { port, server in
            let client = try TestClient(port: port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\nX-A: b")
            #expect(try client.read().status == 408)
            #expect(try client.readsEnd())
            #expect(server.counters.rejected == ["request_timeout": 1])
        }
    }

    @Test func `a connection that never asks is closed without a word`() async throws {
        try await withServer({ $0.headMilliseconds = 100 }) { port, _ in
            let client = try TestClient(port: port)
            #expect(try client.readToEnd() == "")
        }
    }

    /// RFC 9112 section 2.2: an empty line begins no request.
    @Test(arguments: ["", "\r", "\r\n"])
    func `an idle connection is closed without a word`(after: String) async throws {
        try await withServer({ ($0.keepAliveMilliseconds, $0.headMilliseconds) = (100, 50) }) { port, _ in
            let client = try TestClient(port: port)
            #expect(try client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n\(after)").status == 200)
            #expect(try client.readToEnd() == "")
        }
    }

    @Test func `the second head on a connection has its own deadline`() async throws {
        try await withServer({ $0.headMilliseconds = 200 }) { port, _ in
            let client = try TestClient(port: port)
            #expect(try client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET").status == 200)
            #expect(try client.read().status == 408)
        }
    }

    @Test func `a body below its rate times out in the handler`() async throws {
        try await withServer({ $0.bodyGraceMilliseconds = 200 }) { port, server in
            let client = try TestClient(port: port)
            let answer = try client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc")
            #expect(answer.status == 408)
            #expect(answer.body == "timeout")
            #expect(try client.readsEnd())
            #expect(server.counters.rejected == ["body_timeout": 1])
        }
    }

    @Test func `an answer that nobody takes is given up`() async throws {
        let failed = Gate()
        let seen = Lock<BodyError?>(nil)
        try await withServer({ $0.writeMilliseconds = 200 }, routes: { router in
            router.on(.GET, "/endless") { _ in
                Response(status: 200, body: .stream { writer in
                    while true {
                        do throws(BodyError) {
                            try await writer.write([UInt8](repeating: 0x61, count: 100_000))
                        } catch {
                            seen.withLock { $0 = error }
                            return failed.open()
                        }
                    }
                })
            }
        }) { port, server in
            let client = try TestClient(port: port)
            client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            await failed.wait()
            #expect(seen.withLock { $0 } == .timeout)
            #expect(server.counters.rejected == ["write_timeout": 1])
        }
    }

    @Test func `the time in which the handler does not read is not the sender's`() async throws {
        let (gate, arrived) = (Gate(), Gate())
        try await withServer({ $0.bodyGraceMilliseconds = 100 }, routes: { router in
            router.on(.POST, "/slow", maxBodyBytes: 10_000_000) { request in
                arrived.open()
                await gate.wait()
                do throws(BodyError) {
                    return .text("\(try await request.body.collect(upTo: 10_000_000).count)")
                } catch { return .text("\(error)", status: 400) }
            }
        }) { port, _ in
            let client = try TestClient(port: port)
            let body = [UInt8](repeating: 0x61, count: 9_000_000)
            client.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
            let taken = client.sendUntilFull(body)
            await arrived.wait()
            gate.open()
            client.send(Array(body[taken...]))
            #expect(try client.read().body == "9000000")
        }
    }
}
