import HTTPServer
import Linux
import Testing

@Suite struct StreamTests {
    private static func lines(_ count: Int) -> Response {
        Response(status: 200, body: .stream { writer in
            for number in 0..<count {
                do throws(BodyError) { try await writer.write(Array("line \(number)\n".utf8)) } catch { return }
            }
        })
    }

    @Test func `streams in chunks and keeps the connection`() async throws {
        try await withServer(routes: { $0.on(.GET, "/lines") { _ in Self.lines(1000) } }) { port, _ in
            let client = try TestClient(port: port)
            let answer = try client.ask("GET /lines HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.headers["transfer-encoding"] == "chunked")
            #expect(answer.headers["content-length"] == nil)
            #expect(answer.body == (0..<1000).map { "line \($0)\n" }.joined())
            #expect(try client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").body == "hello\n")
        }
    }

    @Test func `streams to HTTP/1.0 up to the end of the connection`() async throws {
        try await withServer(routes: { $0.on(.GET, "/lines") { _ in Self.lines(3) } }) { port, _ in
            let client = try TestClient(port: port)
            let answer = try client.ask("GET /lines HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(answer.headers["transfer-encoding"] == nil)
            #expect(answer.headers["connection"] == "close")
            #expect(answer.body == "line 0\nline 1\nline 2\n")
        }
    }

    @Test func `does not run the stream for HEAD`() async throws {
        try await withServer(routes: { $0.on(.GET, "/lines") { _ in Self.lines(3) } }) { port, _ in
            let client = try TestClient(port: port)
            client.send("HEAD /lines HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.read(toHead: true).status == 200)
            #expect(try client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").body == "hello\n")
        }
    }

    @Test func `waits for a reader that is slow`() async throws {
        let written = Lock(0)
        let total = 64_000_000
        try await withServer(routes: { router in
            router.on(.GET, "/much") { _ in
                Response(status: 200, body: .stream { writer in
                    let piece = [UInt8](repeating: 0x61, count: 64_000)
                    for _ in 0..<(total / piece.count) {
                        do throws(BodyError) { try await writer.write(piece) } catch { return }
                        written.withLock { $0 += piece.count }
                    }
                })
            }
        }) { port, _ in
            let client = try TestClient(port: port, receiveBuffer: 65_536)
            client.send("GET /much HTTP/1.1\r\nHost: a\r\n\r\n")
            // Another request on the same loop gets its turn only after the writer has begun to wait.
            let other = try TestClient(port: port)
            #expect(try other.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            #expect(written.withLock { $0 } < total)
            #expect(try client.read().body.utf8.count == total)
        }
    }

    @Test func `a writer learns that its reader has gone`() async throws {
        let failed = Gate()
        let seen = Lock<BodyError?>(nil)
        try await withServer(routes: { router in
            router.on(.GET, "/endless") { _ in
                Response(status: 200, body: .stream { writer in
                    while true {
                        do throws(BodyError) {
                            try await writer.write([UInt8](repeating: 0x61, count: 10_000))
                        } catch {
                            seen.withLock { $0 = error }
                            return failed.open()
                        }
                    }
                })
            }
        }) { port, _ in
            do {
                let client = try TestClient(port: port)
                client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            }
            await failed.wait()
            #expect(seen.withLock { $0 } == .disconnected)
        }
    }

    @Test func `an aborted stream does not look complete`() async throws {
        try await withServer(routes: { router in
            router.on(.GET, "/broken") { _ in
                Response(status: 200, body: .stream { writer in
                    do throws(BodyError) { try await writer.write([0x61]) } catch { return }
                    await writer.abort()
                })
            }
        }) { port, _ in
            let client = try TestClient(port: port)
            client.send("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readToEnd().hasSuffix("1\r\na\r\n"))
        }
    }
}
