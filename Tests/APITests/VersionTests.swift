import Core
import Testing

@Suite struct VersionTests {
    @Test func `a version that is at hand is not sent again`() async throws {
        try await CampaignServer.run { server in
            let campaign = try await server.draft()
            let segment = try await server.send("POST", "/v1/segments", #"{"name":"a","condition":{"tag":"x"}}"#)
            for (path, body) in [("/v1/campaigns/\(campaign)", #"{"name":"b"}"#), ("/v1/segments/\(segment.json["id"]?.string ?? "")", "")] {
                let tag = try #require(try await server.send("GET", path).header("etag"))
                for known in [tag, "W/\(tag)", "\"x\", \(tag)", "\"a,b\",W/\(tag) ,", "*"] {
                    let reply = try await server.send("GET", path, headers: [("if-none-match", known)])
                    #expect(reply.status == 304 && reply.body.isEmpty && reply.header("etag") == tag && reply.header("request-id") != nil, "\(known)")
                }
                // A comma inside a tag parts nothing, and * is no member of a list.
                for other in ["\"99\"", "\"x\"", "1", "", "\"a,*,b\"", "*, \"x\"", "\"x\(tag)", "\(tag)\"", "x, \(tag)"] {
                    #expect(try await server.send("GET", path, headers: [("if-none-match", other)]).status == 200, "\(other)")
                }
                let changed = body.isEmpty ? try await server.send("PUT", path, #"{"name":"b","condition":{"tag":"x"}}"#, headers: [("if-match", tag)])
                    : try await server.send("PATCH", path, body, headers: [("if-match", tag)])
                #expect(changed.status == 200 && changed.header("etag") != tag)
                #expect(try await server.send("GET", path, headers: [("if-none-match", tag)]).status == 200)
                let late = body.isEmpty ? try await server.send("PUT", path, #"{"name":"c","condition":{"tag":"x"}}"#, headers: [("if-match", tag)])
                    : try await server.send("PATCH", path, body, headers: [("if-match", tag)])
                #expect(late.status == 412 && late.code == "version_mismatch")
                #expect(try await server.send("DELETE", path, headers: [("if-match", tag)]).status == 412)
            }
        }
    }

    @Test func `every answer has an id of ours, what came no further than the parser too`() async throws {
        try await TestServer.run { server in
            for (method, path) in [("GET", "/healthz"), ("OPTIONS", "/v1/keys"), ("OPTIONS", "*"), ("BREW", "/"), ("GET", "/nowhere"), ("GET", "/v1/keys")] {
                let reply = try await server.send(method, path, key: .some(nil), headers: [("request-id", "mine"), ("x-request-id", "mine")])
                #expect(reply.header("request-id")?.hasPrefix("req_") == true, "\(method) \(path): \(reply.headers)")
            }
            var seen: Set<String> = []
            for bytes in ["GET / HTTP/1.1\r\nhost: a\r\nx: \u{1}\r\n\r\n", "nonsense\r\n\r\n", "GET / HTTP/3.0\r\nhost: a\r\n\r\n"] {
                let reply = try Reply(Loopback.exchange(Array(bytes.utf8), port: server.port))
                let id = try #require(reply.header("request-id"))
                #expect(reply.status >= 400 && reply.json["request_id"] == .string(id) && seen.insert(id).inserted, "\(bytes)")
            }
        }
    }
}
