import HTTPServer
import Linux
import Testing

@Suite struct BodyTests {
    @Test(arguments: [
        "Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: r\r\n\r\n",
    ])
    func `reads a body and finds the next request behind it, in any pieces`(framed: String) async throws {
        try await withServer { port, _ in
            let request = Array("POST /echo HTTP/1.1\r\nHost: a\r\n\(framed)GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            for size in [request.count, 1, 7] {
                let client = try TestClient(port: port)
                var start = 0
                while start < request.count {
                    let end = min(start + size, request.count)
                    client.send(Array(request[start..<end]))
                    start = end
                }
                #expect(try client.read().body == "hello")
                #expect(try client.read().body == "hello\n")
            }
        }
    }

    @Test func `sends 100 once the handler asks for the body`() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            let interim = try client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            #expect(interim.status == 100)
            #expect(try client.ask("hello").body == "hello")
        }
    }

    @Test func `sends no 100 with a body that does not wait for it`() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            let answer = try client.ask(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello")
            #expect(answer.body == "hello")
        }
    }

    @Test func `refuses by the head without 100, and closes`() async throws {
        try await withServer(routes: { router in
            router.on(.POST, "/small", maxBodyBytes: 10) { await echo($0) }
            router.on(.POST, "/secret") { _ in .text("who?", status: 401) }
        }) { port, server in
            for (path, status) in [("/small", 413), ("/secret", 401), ("/nowhere", 404)] {
                let client = try TestClient(port: port)
                let answer = try client.ask(
                    "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n")
                #expect(answer.status == status)
                #expect(answer.headers["connection"] == "close")
                #expect(try client.readsEnd())
            }
            #expect(server.counters.rejected == ["payload_too_large": 1])
        }
    }

    @Test func `refuses chunks that add up to too much`() async throws {
        try await withServer(routes: { router in
            router.on(.POST, "/small", maxBodyBytes: 10) { await echo($0) }
        }) { port, _ in
            let client = try TestClient(port: port)
            let answer = try client.ask(
                "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n2\r\nab\r\n0\r\n\r\n")
            #expect(answer.status == 413)
            #expect(try client.readsEnd())
        }
    }

    @Test func `a handler that ignores a broken body cannot call it a success`() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            let answer = try client.ask("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
            #expect(answer.status == 400)
            #expect(try client.readsEnd())
        }
    }

    @Test func `refuses an encoded body, which no handler decodes`() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            let answer = try client.ask(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")
            #expect(answer.status == 415)
        }
    }

    @Test func `looks at every line of Content-Encoding`() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            let answer = try client.ask(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Encoding: identity\r\nContent-Encoding: gzip\r\n"
                    + "Content-Length: 5\r\n\r\nhello")
            #expect(answer.status == 415)
        }
    }

    @Test func `reads on behind a body that the handler left alone`() async throws {
        try await withServer(routes: { router in
            router.on(.POST, "/ignore") { _ in .text("fine") }
        }) { port, _ in
            let client = try TestClient(port: port)
            #expect(try client.ask("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n").body == "fine")
            client.send([UInt8](repeating: 0x61, count: 40_000))
            #expect(try client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").body == "hello\n")
        }
    }

    @Test func `closes behind a body that a refusal left unread`() async throws {
        try await withServer(routes: { router in
            router.on(.POST, "/secret") { _ in .text("who?", status: 401) }
        }) { port, _ in
            let client = try TestClient(port: port)
            client.send("POST /secret HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n")
            client.send([UInt8](repeating: 0x61, count: 30_000))
            #expect(try client.read().status == 401)
            #expect(try client.readsEnd())
        }
    }

    @Test(arguments: ["Content-Length: 5\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\n"])
    func `an answer waits for the rest of a small body, and the connection goes on`(framed: String) async throws {
        try await withServer(routes: { router in
            router.on(.POST, "/secret") { _ in .text("who?", status: 401) }
            router.on(.POST, "/fine") { _ in .text("fine") }
            router.on(.POST, "/broken") { _ in .text("our fault", status: 500) }
        }) { port, _ in
            for (path, status) in [("/secret", 401), ("/none", 404), ("/", 405), ("/fine", 200), ("/broken", 500)] {
                let client = try TestClient(port: port)
                client.send("POST \(path) HTTP/1.1\r\nHost: a\r\n\(framed)")
                client.send("hel")
                client.send("lo" + (framed.hasPrefix("T") ? "\r\n0\r\n\r\n" : ""))
                #expect(try client.read().status == status)
                #expect(try client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").body == "hello\n")
            }
        }
    }

    @Test(arguments: ["/secret", "/none", "/", "/fine"])
    func `broken framing comes before what the head deserves, in any pieces`(path: String) async throws {
        try await withServer(routes: { router in
            router.on(.POST, "/fine") { _ in .text("fine") }
            router.on(.POST, "/secret") { _ in .text("who?", status: 401) }
        }) { port, _ in
            let bytes = Array("POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx".utf8)
            for cut in 1...bytes.count {
                let client = try TestClient(port: port)
                client.send(Array(bytes[..<cut]))
                client.send(Array(bytes[cut...]))
                #expect(try client.read().status == 400, "cut at \(cut)")
                #expect(try client.readsEnd())
            }
        }
    }

    @Test func `a refusal does not wait for chunks without end`() async throws {
        try await withServer(routes: { router in
            router.on(.POST, "/import", maxBodyBytes: 100_000_000) { _ in .text("who?", status: 401) }
        }) { port, _ in
            let client = try TestClient(port: port)
            client.send("POST /import HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1fffff\r\n")
            client.send([UInt8](repeating: 0x61, count: 1_120_000))
            #expect(try client.read().status == 401)
            #expect(try client.readsEnd())
        }
    }

    @Test func `a refusal that comes late reads on where the body had to wait`() async throws {
        let gate = Gate()
        try await withServer(routes: { router in
            router.on(.POST, "/late") { _ in
                await gate.wait()
                return .text("who?", status: 401)
            }
        }) { port, _ in
            let client = try TestClient(port: port)
            client.send("POST /late HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n40000\r\n")
            client.send([UInt8](repeating: 0x61, count: 262_144))
            gate.open()
            client.send("\r\n0\r\n\r\n")
            #expect(try client.read().status == 401)
            #expect(try client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        }
    }

    @Test(arguments: ["/secret", "/none", "/"])
    func `chunks that add up to too much come before what the head deserves`(path: String) async throws {
        try await withServer(routes: { router in
            router.on(.POST, "/secret") { _ in .text("who?", status: 401) }
        }) { port, _ in
            let client = try TestClient(port: port)
            client.send("POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = Array("8000\r\n".utf8) + [UInt8](repeating: 0x61, count: 32_768) + [0x0D, 0x0A]
            for _ in 0..<33 { client.send(chunk) }
            #expect(try client.read().status == 413)
            #expect(try client.readsEnd())
        }
    }

    @Test(arguments: ["/none", "/"])
    func `a size that nothing takes comes before the path and the method`(path: String) async throws {
        try await withServer { port, _ in
            for (length, isTaken) in [(1_048_576, true), (1_048_577, false)] {
                let client = try TestClient(port: port)
                let answer = try client.ask("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n")
                #expect((answer.status != 413) == isTaken)
                #expect(try client.readsEnd())
            }
        }
    }

    @Test func `a refusal waits no longer than the body may take`() async throws {
        try await withServer({ $0.bodyGraceMilliseconds = 50 }) { port, _ in
            let client = try TestClient(port: port)
            client.send("POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nh")
            #expect(try client.read().status == 408)
            #expect(try client.readsEnd())
        }
    }

    @Test func `a body cut short is an error`() async throws {
        try await withServer { port, _ in
            for framed in ["Content-Length: 5\r\n\r\nhel", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"] {
                let client = try TestClient(port: port)
                client.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(framed)")
                client.halfClose()
                #expect(try client.read() .body == "disconnected")
                #expect(try client.readsEnd())
            }
        }
    }

    @Test func `stops reading while the handler is slow, and loses nothing`() async throws {
        let gate = Gate()
        try await withServer(routes: { router in
            router.on(.POST, "/slow", maxBodyBytes: 100_000_000) { request in
                await gate.wait()
                var (sum, largest) = (0, 0)
                do throws(BodyError) {
                    while let piece = try await request.body.next() {
                        sum += piece.count
                        largest = max(largest, piece.count)
                    }
                } catch { return .text("\(error)", status: 400) }
                return .text("\(sum) \(largest <= 2 * 65_536)")
            }
        }) { port, _ in
            let client = try TestClient(port: port)
            let body = [UInt8](repeating: 0x61, count: 64_000_000)
            client.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
            let taken = client.sendUntilFull(body)
            #expect(taken < body.count)
            gate.open()
            client.send(Array(body[taken...]))
            #expect(try client.read().body == "\(body.count) true")
        }
    }
}
