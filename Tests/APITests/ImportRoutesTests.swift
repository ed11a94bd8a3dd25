import API
import Core
import Linux
import Storage
import Testing

@Suite struct ImportRoutesTests {
    private static let ndjson = [("content-type", "application/x-ndjson")]

    @Test func `lines are stored in slices and each wrong one is named`() async throws {
        try await TestServer.run { server in
            var lines = (0..<1_200).map { #"{"external_id":"u\#($0)","attributes":{"n":\#($0)}}"# }
            lines[3] = #"{"external_id":"u3","tagz":[]}"#
            lines[700] = "{"
            lines[900] = "  "
            lines[1_100] = #"{"external_id":"big","attributes":{"x":"\#(String(repeating: "x", count: 300_000))"}}"#
            let reply = try await server.send("POST", "/v1/imports?kind=profiles", lines.joined(separator: "\n"), headers: Self.ndjson)
            #expect(reply.status == 200, "\(reply.text)")
            #expect(reply.json["state"] == "finished" && reply.json["lines"] == 1_199 && reply.json["accepted"] == 1_196 && reply.json["rejected"] == 3)
            let errors = reply.json["errors"]?.array ?? []
            #expect(errors.compactMap { $0["line"]?.int } == [4, 701, 1_101])
            #expect(errors.compactMap { $0["code"]?.string } == ["unknown_field", "invalid_json", "too_long"])
            #expect(try await server.send("GET", "/v1/profiles/u1199").json["attributes"] == ["n": 1_199])
            let id = try #require(reply.json["id"]?.string)
            #expect(try await server.send("GET", "/v1/imports/\(id)").json == reply.json)
        }
    }

    @Test func `subscriptions and events have their own lines`() async throws {
        try await TestServer.run { server in
            let subscriptions = [
                #"{"profile":"u1","channel":"sms","account":"sms-fr","address":"+33611223344","opt_in":true,"consent":{"source":"crm"}}"#,
                #"{"profile":"u2","channel":"sms","account":"sms-fr","address":"0611"}"#,
            ].joined(separator: "\r\n")
            let first = try await server.send("POST", "/v1/imports?kind=subscriptions", subscriptions, headers: Self.ndjson)
            #expect(first.json["accepted"] == 1 && first.json["errors"]?.array?.first?["pointer"] == "/address")
            let events = [#"{"id":"e1","profile":"u1","name":"x"}"#, #"{"id":"e2","profile":"new","name":"x"}"#].joined(separator: "\n") + "\n"
            let strict = try await server.send("POST", "/v1/imports?kind=events", events, headers: Self.ndjson)
            #expect(strict.json["accepted"] == 1 && strict.json["errors"]?.array?.first?["code"] == "unknown_profile")
            let open = try await server.send("POST", "/v1/imports?kind=events&create_profiles=true", events, headers: Self.ndjson)
            #expect(open.json["accepted"] == 2)
            #expect(try await server.send("GET", "/v1/profiles/new").status == 200)
        }
    }

    @Test func `a list of unknown age brings nobody back who has left`() async throws {
        try await TestServer.run { server in
            func line(_ consent: String) -> String {
                #"{"profile":"u1","channel":"sms","account":"sms-fr","address":"+33611223344","opt_in":true,"consent":{"source":"crm"\#(consent)}}"#
            }
            func send(_ line: String) async throws -> Reply { try await server.send("POST", "/v1/imports?kind=subscriptions", line, headers: Self.ndjson) }
            // A byte order mark means nothing.
            for line in ["\u{FEFF}" + line(""), line("")] { #expect(try await send(line).json["accepted"] == 1) }
            #expect(try await server.send("POST", "/v1/subscriptions/sub_1/opt-out").status == 200)
            let refused = try await send(line(""))
            let error = refused.json["errors"]?.array?.first
            #expect(refused.json["rejected"] == 1 && error?["code"] == "withdrawn" && error?["pointer"] == "/consent/at", "\(refused.text)")
            #expect(try await send(line(#","at":"2025-01-01T00:00:00Z""#)).json["accepted"] == 1)
            #expect(try await server.send("GET", "/v1/subscriptions/sub_1").json["opt_in"] == false)
            server.time.advance(milliseconds: 60_000)
            #expect(try await send(line(#","at":"\#(server.store.now)""#)).json["accepted"] == 1)
            #expect(try await server.send("GET", "/v1/subscriptions/sub_1").json["opt_in"] == true)
            #expect(try await send(line("")).json["accepted"] == 1)
            // Not though somebody else has the number, and agreed; nor when the address was deleted.
            #expect(try await server.send("POST", "/v1/subscriptions/sub_1/opt-out").status == 200)
            let other = #"{"profile":"u2","channel":"sms","account":"sms-fr","address":"+33611223344","opt_in":true}"#
            #expect(try await server.send("POST", "/v1/subscriptions", other).json["opt_in"] == true)
            #expect(try await send(line("")).json["rejected"] == 1)
            #expect(try await server.send("DELETE", "/v1/subscriptions/sub_1").status == 204)
            #expect(try await send(line("")).json["rejected"] == 1)
        }
    }

    @Test(arguments: [false, true]) func `a repeated import is one import`(waits: Bool) async throws {
        try await TestServer.run { server in
            let headers = Self.ndjson + [("idempotency-key", "k")] + (waits ? [] : [("prefer", "respond-async")])
            func send(_ lines: String) async throws -> Reply { try await server.send("POST", "/v1/imports?kind=profiles", lines, headers: headers) }
            let lines = (0..<1_000).map { #"{"external_id":"u\#($0)"}"# + "\n" }.joined()
            let first = try await send(lines)
            let again = try await send(lines)
            #expect(first.status == (waits ? 200 : 202) && again.status == first.status && again.body == first.body)
            #expect(again.header("idempotency-replayed") == "true" && again.header("location") == first.header("location"))
            let other = try await send(lines + #"{"external_id":"u1000"}"#)
            #expect(other.status == 422 && other.code == "idempotency_key_reused", "\(other.text)")
            #expect(try await server.send("GET", "/v1/imports").json["data"]?.array?.count == 1)
            #expect(try await server.send("GET", "/v1/profiles/u1000").status == 404)
        }
    }

    @Test func `a repeat is known though the transaction had to run twice`() async throws {
        try await TestServer.run { server in
            _ = try await server.send("POST", "/v1/segments", #"{"name":"A","condition":{"tag":"x"}}"#)
            for number in 0..<10 {
                let headers = Self.ndjson + [("idempotency-key", "k\(number)")]
                // Refused once it has changed something: whatever was to be committed with it is run again.
                async let refused = server.send("PUT", "/v1/segments/seg_1", #"{"name":"A","condition":{"segment":"seg_1"}}"#)
                async let imported = server.send("POST", "/v1/imports?kind=profiles", #"{"external_id":"u1"}"#, headers: headers)
                let first = try await imported
                #expect(try await refused.status == 422 && first.status == 200)
                let again = try await server.send("POST", "/v1/imports?kind=profiles", #"{"external_id":"u1"}"#, headers: headers)
                #expect(again.header("idempotency-replayed") == "true" && again.body == first.body, "\(again.text)")
            }
        }
    }

    @Test func `a body that breaks off says where its lines are`() async throws {
        try await TestServer.run { server in
            let lines = (0..<40_000).map { #"{"external_id":"u\#($0)"}"# + "\n" }.joined()
            let reply = try await server.send("POST", "/v1/imports?kind=profiles", "\(String(lines.utf8.count, radix: 16))\r\n\(lines)\r\nzz\r\n", headers: Self.ndjson, isChunked: true)
            #expect(reply.status == 400 && reply.text.contains("GET /v1/imports/imp_1"), "\(reply.text)")
            #expect(try await server.send("GET", "/v1/imports/imp_1").json["accepted"]?.int ?? 0 > 0)
        }
    }

    @Test func `at most a hundred errors are kept`() async throws {
        try await TestServer.run { server in
            let reply = try await server.send("POST", "/v1/imports?kind=events", String(repeating: "x\n", count: 250), headers: Self.ndjson)
            #expect(reply.json["rejected"] == 250 && reply.json["errors"]?.array?.count == 100)
        }
    }

    @Test func `what cannot be imported is refused before anything is read`() async throws {
        try await TestServer.run { server in
            let text = try await server.send("POST", "/v1/imports?kind=profiles", "a,b", headers: [("content-type", "text/plain")])
            #expect(text.status == 415 && text.text.contains("application/x-ndjson or application/jsonl or text/csv"))
            let headless = try await server.send("POST", "/v1/imports?kind=profiles", "a,b", headers: [("content-type", "text/csv; header=absent")])
            #expect(headless.status == 415)
            #expect(try await server.send("POST", "/v1/imports", "{}", headers: Self.ndjson).status == 400)
            #expect(try await server.send("POST", "/v1/imports?kind=people", "{}", headers: Self.ndjson).status == 400)
            let events = try await server.key([.eventsWrite])
            #expect(try await server.send("POST", "/v1/imports?kind=profiles", "{}", key: events, headers: Self.ndjson).code == "missing_scope")
            #expect(try await server.send("GET", "/v1/imports/imp_1").status == 404)
        }
    }

    @Test func `imports are listed newest first, under the names their senders gave them`() async throws {
        try await TestServer.run { server in
            let labels = ["people.csv", "", "L%C3%A9a%20%26%20co", "again", "again"]
            for (index, label) in labels.enumerated() {
                let query = label.isEmpty ? "" : "&label=\(label)"
                let reply = try await server.send("POST", "/v1/imports?kind=events\(query)", index == 3 ? "x" : "", headers: Self.ndjson)
                #expect(reply.status == 200 && reply.json["label"] == (label.isEmpty ? .null : .string(label.replacing("%C3%A9", with: "é").replacing("%20%26%20", with: " & "))))
            }
            let first = try await server.send("GET", "/v1/imports?limit=3").json
            #expect(first["data"]?.array?.map { $0["id"] } == ["imp_5", "imp_4", "imp_3"] && first["data"]?.array?[1]["rejected"] == 1)
            let cursor = try #require(first["next_cursor"]?.string)
            let second = try await server.send("GET", "/v1/imports?limit=3&cursor=\(cursor)").json
            #expect(second["data"]?.array?.map { $0["label"] } == [.null, "people.csv"] && second["next_cursor"] == .null)
            let longest = String(repeating: "%C3%A9", count: 128)
            #expect(try await server.send("POST", "/v1/imports?kind=events&label=\(longest)", "", headers: Self.ndjson).status == 200)
            for label in ["", String(repeating: "x", count: 129), longest + "x", "a%0Ab"] {
                let reply = try await server.send("POST", "/v1/imports?kind=events&label=\(label)", "", headers: Self.ndjson)
                #expect(reply.status == 400 && reply.pointers == ["?label"], "\(reply.text)")
            }
            let other = try await server.key([.reportsRead])
            #expect(try await server.send("GET", "/v1/imports", key: other).code == "missing_scope")
        }
    }
}
