import API
import Core
import Glibc
import Storage
import Testing

/// Imports whose senders do not wait (`Prefer: respond-async`).
@Suite struct AsyncImportTests {
    private static let prefer = ("prefer", "respond-async")
    private static let ndjson = [("content-type", "application/x-ndjson"), prefer]
    private static let csv = [("content-type", "text/csv"), prefer]

    /// The job once it has ended.
    private func end(of reply: Reply, _ server: TestServer) async throws -> JSONValue {
        let path = try #require(reply.header("location"))
        while true {
            let job = try await server.send("GET", path).json
            if job["state"] != "running" { return job }
        }
    }

    /// Waits until nothing of any upload is kept.
    private func cleared(_ server: TestServer) async throws {
        while try await !server.store.read({ try $0.uploads() }).isEmpty { await Task.yield() }
        // The room is given back behind the last row.
        while try await !server.send("GET", "/metrics", key: .some(nil)).text.contains("\nclairon_waiting_import_bytes 0\n") { await Task.yield() }
    }

    @Test func `the answer comes before the lines are stored, and the job ends as if it had been waited for`() async throws {
        try await TestServer.run { server in
            var lines = (0..<30_000).map { #"{"external_id":"u\#($0)","attributes":{"n":\#($0)}}"# }
            lines[3] = #"{"external_id":"u3","tagz":[]}"#
            lines[20_000] = "{"
            lines[900] = "  "
            let reply = try await server.send("POST", "/v1/imports?kind=profiles&label=nightly", lines.joined(separator: "\n"), headers: Self.ndjson)
            #expect(reply.status == 202 && reply.header("location") == "/v1/imports/imp_1" && reply.header("preference-applied") == "respond-async", "\(reply.text)")
            #expect(reply.json["state"] == "running" && reply.json["lines"] == 0 && reply.json["label"] == "nightly")
            let job = try await end(of: reply, server)
            #expect(job["state"] == "finished" && job["lines"] == 29_999 && job["accepted"] == 29_997 && job["rejected"] == 2)
            #expect(job["errors"]?.array?.map { $0["line"] } == [4, 20_001])
            #expect(try await server.send("GET", "/v1/profiles/u29999").json["attributes"] == ["n": 29_999])
            try await cleared(server)
        }
    }

    @Test func `imports are done in the order in which they came`() async throws {
        try await TestServer.run { server in
            var replies: [Reply] = []
            for n in 0..<5 {
                let body = (0..<2_000).map { #"{"external_id":"u\#($0)","attributes":{"n":\#(n)}}"# }.joined(separator: "\n")
                replies.append(try await server.send("POST", "/v1/imports?kind=profiles", body, headers: Self.ndjson))
            }
            replies.append(try await server.send("POST", "/v1/imports?kind=events", "", headers: Self.ndjson))
            for reply in replies { #expect(try await end(of: reply, server)["state"] == "finished") }
            let ends = try await server.send("GET", "/v1/imports").json["data"]?.array?.compactMap { $0["finished_at"]?.string } ?? []
            #expect(ends.count == 6 && ends == ends.sorted(by: >))
            for id in [0, 1_999] { #expect(try await server.send("GET", "/v1/profiles/u\(id)").json["attributes"] == ["n": 4]) }
            try await cleared(server)
        }
    }

    @Test func `a table's header is read before the answer, what is wrong further on is told by the job`() async throws {
        try await TestServer.run { server in
            let unknown = try await server.send("POST", "/v1/imports?kind=profiles", "external_id,tagz\nu1,x\n", headers: Self.csv)
            #expect(unknown.status == 422 && unknown.pointers == ["/tagz"])
            let broken = try await server.send("POST", "/v1/imports?kind=profiles", "external_id,\"lang", headers: Self.csv)
            #expect(broken.status == 400 && broken.code == "invalid_csv")
            #expect(try await server.send("GET", "/v1/imports").json["data"] == [])

            let table = "external_id,attributes.n\n" + (0..<1_000).map { "u\($0),\($0)\n" }.joined() + "v,1,2\nw,\"1\" 2\nx,1\n"
            let reply = try await server.send("POST", "/v1/imports?kind=profiles", table, headers: Self.csv)
            #expect(reply.status == 202)
            let job = try await end(of: reply, server)
            #expect(job["state"] == "failed" && job["accepted"] == 1_000 && job["rejected"] == 2)
            #expect(job["errors"]?.array?.map { $0["line"] } == [1_002, 1_003])
            #expect(try await server.send("GET", "/v1/profiles/u999").status == 200)
            #expect(try await server.send("GET", "/v1/profiles/x").status == 404)
            try await cleared(server)
        }
    }

    @Test func `unknown profiles are made when that was asked for`() async throws {
        try await TestServer.run { server in
            let line = #"{"id":"e1","profile":"new","name":"x"}"#
            let strict = try await end(of: server.send("POST", "/v1/imports?kind=events", line, headers: Self.ndjson), server)
            #expect(strict["errors"]?.array?.first?["code"] == "unknown_profile")
            let open = try await end(of: server.send("POST", "/v1/imports?kind=events&create_profiles=true", line, headers: Self.ndjson), server)
            #expect(open["accepted"] == 1)
        }
    }

    @Test func `what waits has a bound, and room comes back`() async throws {
        let limit = 1 << 20
        try await TestServer.run(maxWaitingImportBytes: limit) { server in
            let line = #"{"external_id":"u1","attributes":{"x":"\#(String(repeating: "x", count: 10_000))"}}"# + "\n"
            let body = String(repeating: line, count: 70)
            let large = try await server.send("POST", "/v1/imports?kind=profiles", body + body, headers: Self.ndjson)
            #expect(large.status == 413 && large.code == "payload_too_large" && large.text.contains("without Prefer"))
            let chunk = "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n"
            let unfolding = try await server.send("POST", "/v1/imports?kind=profiles", chunk + chunk + "0\r\n\r\n", headers: Self.ndjson, isChunked: true)
            #expect(unfolding.status == 413)
            try await cleared(server)

            // Room is taken as soon as the length is told, and given back when the rest does not come.
            let hanging = try Loopback.connection(to: server.port)
            let head = "POST /v1/imports?kind=profiles HTTP/1.1\r\nhost: a\r\nauthorization: Bearer \(server.key)\r\ncontent-type: application/x-ndjson\r\nprefer: respond-async\r\n"
            let start = Array((head + "content-length: \(body.utf8.count)\r\n\r\n" + body.prefix(600_000)).utf8)
            #expect(send(hanging, start, start.count, Int32(MSG_NOSIGNAL)) == start.count)
            while try await server.store.read({ try $0.uploads() }).isEmpty { await Task.yield() }
            let second = try await server.send("POST", "/v1/imports?kind=profiles", body, headers: Self.ndjson)
            #expect(second.status == 503 && second.code == "unavailable" && second.header("retry-after") == "30", "\(second.text)")
            close(hanging)
            try await cleared(server)
            #expect(try await server.send("GET", "/v1/imports").json["data"] == [])
            let third = try await server.send("POST", "/v1/imports?kind=profiles", body, headers: Self.ndjson)
            #expect(try await end(of: third, server)["accepted"] == 70)
        }
    }

    /// A field, and whether it says `respond-async`.
    static let fields: [(String, Bool)] = [
        ("respond-async", true), ("Respond-Async", true), ("wait=10, respond-async", true), ("respond-async;foo=\"a,b\", wait=5", true),
        ("return=minimal , respond-async ", true), ("foo=\"a\\\",b\",respond-async", true),
        ("", false), ("respond-sync", false), ("foo=\"x, respond-async\"", false), ("wait=1; respond-async", false), ("foo=respond-async", false),
        ("respond-asynchronously", false), ("foo=\"a\\\", respond-async", false),
    ]

    @Test(arguments: fields) func `the preference is one of many`(_ field: String, _ isAsync: Bool) async throws {
        try await TestServer.run { server in
            let headers = [("content-type", "application/x-ndjson"), ("prefer", "handling=lenient"), ("prefer", field)]
            let reply = try await server.send("POST", "/v1/imports?kind=profiles", #"{"external_id":"u1"}"#, headers: headers)
            #expect(reply.status == (isAsync ? 202 : 200) && reply.header("preference-applied") == (isAsync ? "respond-async" : nil))
            if isAsync { #expect(try await end(of: reply, server)["accepted"] == 1) }
        }
    }

    @Test func `who may not import may not have it done later either`() async throws {
        try await TestServer.run { server in
            let events = try await server.key([.eventsWrite])
            let reply = try await server.send("POST", "/v1/imports?kind=profiles", #"{"external_id":"u1"}"#, key: events, headers: Self.ndjson)
            #expect(reply.code == "missing_scope")
            #expect(try await server.store.read { try $0.uploads() }.isEmpty)
        }
    }
}
