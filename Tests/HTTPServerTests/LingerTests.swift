import HTTPServer
import Linux
import Testing

/// Answers that come before the request was read to its end reach the client: no reset destroys them (RFC 9112 §9.6).
@Suite struct LingerTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let head: String
        let status: Int
        var testDescription: String { name }
    }

    static let bytes = 20_000_000
    static let cases = [
        Case(name: "413 by the declared length", head: "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(bytes)\r\n\r\n", status: 413),
        Case(name: "401 by a handler that reads nothing", head: "POST /locked HTTP/1.1\r\nHost: a\r\nContent-Length: \(bytes)\r\n\r\n", status: 401),
        Case(name: "404", head: "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n", status: 404),
        Case(name: "405", head: "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n", status: 405),
        Case(name: "415", head: "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 1000000\r\n\r\n", status: 415),
        Case(name: "400 by the head", head: "POST /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: \(bytes)\r\n\r\n", status: 400),
        Case(name: "413 of chunks", head: "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1312d00\r\n", status: 413),
    ]

    @Test(arguments: cases) func `who sends on gets the answer`(_ refused: Case) async throws {
        try await withServer(routes: { router in
            router.on(.POST, "/locked", maxBodyBytes: 64 << 20) { _ in .text("no", status: 401) }
        }) { port, _ in
            let client = try TestClient(port: port)
            client.send(refused.head)
            // Blocks until all of it is taken: whoever reads no answer before the end of its body meets a reset here.
            client.send([UInt8](repeating: 0x61, count: Self.bytes))
            #expect(!client.wasReset)
            let answer = try client.read()
            #expect(answer.status == refused.status)
            #expect(answer.headers["connection"] == "close")
            #expect(try client.readsEnd())
            #expect(!client.wasReset)
        }
    }

    @Test func `waiting for the other end has an end`() async throws {
        try await withServer({ $0.lingerIdleMilliseconds = 100 }) { port, server in
            let client = try TestClient(port: port)
            client.send("BAD\r\n\r\n")
            #expect(try client.read().status == 400)
            try await Wait.until { server.counters.active == 0 }
        }
    }

    @Test func `bytes now and then do not prolong it`() async throws {
        try await withServer({ $0.lingerMilliseconds = 300 }) { port, server in
            let client = try TestClient(port: port)
            client.send("BAD\r\n\r\n")
            #expect(try client.read().status == 400)
            try await Wait.until {
                client.send("x")
                return server.counters.active == 0
            }
        }
    }
}
