import HTTPServer
import Linux
import Testing

@Suite struct KeepAliveTests {
    @Test func `a fixed answer is a whole one, to GET and HEAD, with and without a body`() async throws {
        try await withServer(routes: { router in
            var answer = Response.text("yes")
            answer.block = FieldBlock([("x-kind", "fixed")])
            answer.namesRequest = true
            router.on(.GET, "/up", always: answer)
        }) { port, _ in
            let client = try TestClient(port: port)
            var names: Set<String> = []
            for (method, rest) in [("GET", "\r\n"), ("HEAD", "\r\n"), ("GET", "Content-Length: 2\r\n\r\nhi"), ("GET", "\r\n")] {
                client.send("\(method) /up HTTP/1.1\r\nHost: a\r\n\(rest)")
                let answer = try client.read(toHead: method == "HEAD")
                #expect(answer.status == 200)
                #expect(answer.headers["content-length"] == "3" && answer.headers["x-kind"] == "fixed")
                #expect(answer.body == (method == "HEAD" ? "" : "yes"))
                names.insert(try #require(answer.headers["request-id"]))
            }
            #expect(names.count == 4)
            let last = try client.ask("GET /up HTTP/1.0\r\n\r\n")
            #expect(last.status == 200 && last.headers["connection"] == "close")
        }
    }

    @Test func `serves one request after the other on a connection`() async throws {
        try await withServer { port, server in
            let client = try TestClient(port: port)
            for _ in 0..<3 {
                let answer = try client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(answer.status == 200)
                #expect(answer.body == "hello\n")
                #expect(answer.headers["connection"] == nil)
                #expect(answer.headers["date"]?.hasSuffix(" GMT") == true)
            }
            #expect(server.counters == ServerCounters(accepted: 1, active: 1, requests: 3, rejected: [:]))
        }
    }

    @Test(arguments: ["HTTP/1.1\r\nHost: a\r\nConnection: close", "HTTP/1.0"])
    func `closes after an answer when asked to`(request: String) async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            let answer = try client.ask("GET / \(request)\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.headers["connection"] == "close")
            #expect(try client.readsEnd())
        }
    }

    @Test func `keeps an HTTP/1.0 connection open when asked to`() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            for _ in 0..<2 {
                let answer = try client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(answer.headers["connection"] == "keep-alive")
            }
        }
    }

    @Test func `answers pipelined requests in order, whichever suspend`() async throws {
        try await withServer(routes: { router in
            router.on(.GET, "/n/{number}") { request in
                let number = request.parameters["number"] ?? ""
                if number.hasSuffix("3") { await Task.yield() }
                return .text(number)
            }
        }) { port, _ in
            let client = try TestClient(port: port)
            client.send((0..<100).map { "GET /n/\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for number in 0..<100 { #expect(try client.read().body == "\(number)") }
        }
    }

    @Test func `answers what was sent before the sender's half was closed`() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            client.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 2))
            client.halfClose()
            #expect(try client.read().status == 200)
            #expect(try client.read().status == 200)
            #expect(try client.readsEnd())
        }
    }

    @Test func `answers HEAD with the length and without the content`() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try client.read(toHead: true)
            #expect(answer.headers["content-length"] == "6")
            #expect(try client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").body == "hello\n")
        }
    }

    @Test func `a handler may be resumed by another thread`() async throws {
        let threads = Lock<[Thread]>([])
        try await withServer(routes: { router in
            router.on(.GET, "/elsewhere") { _ in
                let name = await withUnsafeContinuation { continuation in
                    let thread = try? Thread.start(named: "elsewhere") { continuation.resume(returning: "back") }
                    if let thread { threads.withLock { $0.append(thread) } }
                }
                return .text(name)
            }
        }) { port, _ in
            let client = try TestClient(port: port)
            for _ in 0..<20 { #expect(try client.ask("GET /elsewhere HTTP/1.1\r\nHost: a\r\n\r\n").body == "back") }
        }
        threads.withLock { $0 }.forEach { $0.join() }
    }

    @Test func `a waiting handler does not hold up other connections of its loop`() async throws {
        let gate = Gate()
        try await withServer(routes: { router in
            router.on(.GET, "/wait") { _ in
                await gate.wait()
                return .text("waited")
            }
        }) { port, _ in
            let waiting = try TestClient(port: port)
            waiting.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            let other = try TestClient(port: port)
            #expect(try other.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            gate.open()
            #expect(try waiting.read().body == "waited")
        }
    }

    @Test func `several loops share one port`() async throws {
        try await withServer({ $0.loops = 3 }) { port, server in
            for _ in 0..<30 {
                let client = try TestClient(port: port)
                #expect(try client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            }
            #expect(server.counters.requests == 30)
        }
    }
}
