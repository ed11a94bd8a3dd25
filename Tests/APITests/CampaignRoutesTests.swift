import API
import Core
import Testing

@Suite struct CampaignRoutesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let body: String
        let status: Int
        let places: [String]

        init(_ body: String, _ status: Int, _ places: String...) { (self.body, self.status, self.places) = (body, status, places) }

        var testDescription: String { String(body.prefix(100)) }
    }

    /// `pointer code` for each error.
    private func places(_ reply: Reply) -> [String] {
        (reply.json["errors"]?.array ?? []).map { "\($0["pointer"]?.string ?? "?") \($0["code"]?.string ?? "?")" }
    }

    static let refused = [
        Case(#"{"name":"x","nmae":"y"}"#, 400, "/nmae unknown_field"),
        Case("{}", 400, "/name missing"),
        Case(#"{"name":7}"#, 400, "/name wrong_type"),
        Case("[]", 400, " wrong_type"),
        Case(#"{"name":"x","#, 400, " invalid_json"),
        Case(#"{"name":"x","name":"y"}"#, 400, " invalid_json"),
        Case(#"{"name":"x","id":"cmp_1"}"#, 400, "/id unknown_field"),
        Case(#"{"name":"x","channels":["pigeon"]}"#, 422, "/channels/0 invalid_value"),
        Case(#"{"name":"x","channels":["wechat"]}"#, 422, "/channels/0 unsupported"),
        Case(#"{"name":"x","audience":{"tag":"vip","tier":1}}"#, 400, "/audience/tier unknown_field"),
        Case(#"{"name":"x","audience":{"segment":"seg_99"}}"#, 422, "/audience/segment unknown_segment"),
        Case(#"{"name":"x","exclude":{"not":{"segment":"seg_99"}}}"#, 422, "/exclude/not/segment unknown_segment"),
        Case(#"{"name":"x","exclude":{"or":[{"tag":"a"},{"not":{"campaign":"cmp_777","state":"accepted"}}]}}"#, 422,
             "/exclude/or/1/not/campaign unknown_campaign"),
        Case(#"{"name":"x","ttl":"4 hours"}"#, 422, "/ttl invalid_value"),
        Case(#"{"name":"x","content":{"default_language":"fr","fr":{"body":"Bonjour\n{{ profile.first_name "}}}"#, 422, "/content/fr/body template_syntax"),
        Case(#"{"name":"x","channels":["apns"],"content":{"default_language":"fr","fr":{"body":"b"},"channels":{"apns":{"sond":"x"}}}}"#, 400,
             "/content/channels/apns/sond unknown_field"),
    ]

    @Test(arguments: refused) func `a draft that is wrong changes nothing and says where`(_ row: Case) async throws {
        try await CampaignServer.run { server in
            let reply = try await server.send("POST", "/v1/campaigns", row.body)
            #expect(reply.status == row.status && reply.header("content-type") == "application/problem+json", "\(reply.text)")
            #expect(places(reply) == row.places, "\(reply.text)")
            let kept = try await server.draft()
            let patched = try await server.send("PATCH", "/v1/campaigns/\(kept)", row.body)
            // A patch need not name what is there already.
            if row.body != "{}" { #expect(patched.status == row.status && places(patched) == row.places, "\(patched.text)") }
            let list = try await server.send("GET", "/v1/campaigns")
            #expect(list.json["data"]?.array?.count == 1 && server.engine.wakes == 0)
        }
    }

    @Test func `a syntax error names its line and column`() async throws {
        try await CampaignServer.run { server in
            let reply = try await server.send("POST", "/v1/campaigns", #"{"name":"x","content":{"default_language":"fr","fr":{"body":"Bonjour\n{{ profile.first_name "}}}"#)
            #expect(reply.json["errors"]?.array?.first?["detail"]?.string?.hasPrefix("line 2, column") == true, "\(reply.text)")
        }
    }

    @Test func `a channel that is none is told what there is`() async throws {
        try await CampaignServer.run { server in
            for body in [#"{"name":"x","channels":["fax"]}"#, #"{"name":"x","audience":{"subscribed":{"channel":"fax"}}}"#] {
                let reply = try await server.send("POST", "/v1/campaigns", body)
                #expect(reply.json["errors"]?.array?.first?["detail"] == "must be one of apns, fcm, webpush, messenger, sms", "\(reply.text)")
            }
            let waiting = try await server.send("POST", "/v1/campaigns", #"{"name":"x","audience":{"subscribed":{"channel":"line"}}}"#)
            #expect(waiting.status == 422 && waiting.pointers == ["/audience/subscribed/channel"], "\(waiting.text)")
        }
    }

    @Test func `a draft is kept as it was written`() async throws {
        try await CampaignServer.run { server in
            let body = #"{"name":"Été","channels":["sms"],"rate":{"per_second":5},"audience":{"tag":"vip"}}"#
            let made = try await server.send("POST", "/v1/campaigns", body)
            #expect(made.status == 201 && made.header("location") == "/v1/campaigns/cmp_1" && made.header("etag") == "\"1\"")
            let read = try await server.send("GET", "/v1/campaigns/cmp_1")
            #expect(read.status == 200 && read.body == made.body && read.header("etag") == "\"1\"")
            let names = read.json.object?.members.map(\.name)
            #expect(names == ["id", "name", "channels", "rate", "audience", "state", "reason", "version", "created_at", "updated_at",
                              "scheduled_at", "started_at", "finished_at"])
            #expect(read.json["state"] == "draft" && read.json["name"] == "Été" && read.json["reason"] == .null)
            #expect(try await server.send("GET", "/v1/campaigns/cmp_2").status == 404)
            #expect(try await server.send("GET", "/v1/campaigns/1").status == 404)
        }
    }

    @Test func `a patch merges objects, replaces lists and removes what is null`() async throws {
        try await CampaignServer.run { server in
            let id = try await server.draft()
            let patch = #"{"ttl":"PT4H","channels":["apns"],"content":{"fr":{"title":"Bonjour"},"en":{"body":"Doors open"}}}"#
            let reply = try await server.send("PATCH", "/v1/campaigns/\(id)", patch, headers: [("if-match", "\"1\"")])
            #expect(reply.status == 200 && reply.header("etag") == "\"2\"", "\(reply.text)")
            #expect(reply.json["content"]?["fr"] == ["body": "C'est parti", "title": "Bonjour"])
            #expect(reply.json["content"]?["en"]?["body"] == "Doors open" && reply.json["channels"] == ["apns"])
            let less = try await server.send("PATCH", "/v1/campaigns/\(id)", #"{"ttl":null,"content":{"en":null}}"#,
                                             headers: [("content-type", "application/merge-patch+json")])
            #expect(less.json["ttl"] == nil && less.json["content"]?["en"] == nil && less.json["version"] == 3)
            for (patch, pointers) in [(#"{"name":null}"#, ["/name"]), (#"{"name":null,"ttl":"P29D"}"#, ["/name", "/ttl"])] {
                let gone = try await server.send("PATCH", "/v1/campaigns/\(id)", patch)
                #expect(gone.status == 422 && gone.pointers == pointers, "\(gone.text)")
            }
        }
    }

    @Test func `a condition is replaced as a whole`() async throws {
        try await CampaignServer.run { server in
            let id = try await server.draft()
            for patch in [#"{"audience":{"tag":"vip"}}"#, #"{"audience":{"tag":"vip","all":null}}"#] {
                let reply = try await server.send("PATCH", "/v1/campaigns/\(id)", patch)
                #expect(reply.status == 200 && reply.json["audience"] == ["tag": "vip"], "\(reply.text)")
            }
            #expect(try await server.send("PATCH", "/v1/campaigns/\(id)", #"{"audience":null}"#).json["audience"] == nil)
        }
    }

    @Test func `a change made from an old version is refused`() async throws {
        try await CampaignServer.run { server in
            let id = try await server.draft()
            for (method, body) in [("PATCH", #"{"name":"y"}"#), ("DELETE", nil)] {
                let reply = try await server.send(method, "/v1/campaigns/\(id)", body, headers: [("if-match", "\"7\"")])
                #expect(reply.status == 412 && reply.code == "version_mismatch", "\(reply.text)")
            }
            #expect(try await server.send("GET", "/v1/campaigns/\(id)").json["version"] == 1)
            #expect(try await server.send("DELETE", "/v1/campaigns/\(id)", headers: [("if-match", "\"1\"")]).status == 204)
            #expect(try await server.send("GET", "/v1/campaigns/\(id)").status == 404)
        }
    }

    @Test func `the list is paged, newest first`() async throws {
        try await CampaignServer.run { server in
            for number in 1...3 { try await server.draft(#"{"name":"c\#(number)"}"#) }
            let first = try await server.send("GET", "/v1/campaigns?limit=2")
            #expect(first.json["data"]?.array?.compactMap { $0["name"]?.string } == ["c3", "c2"])
            let cursor = try #require(first.json["next_cursor"]?.string)
            let second = try await server.send("GET", "/v1/campaigns?limit=2&cursor=\(cursor)")
            #expect(second.json["data"]?.array?.compactMap { $0["name"]?.string } == ["c1"] && second.json["next_cursor"] == .null)
        }
    }

    @Test func `creating twice with one key makes one`() async throws {
        try await CampaignServer.run { server in
            let first = try await server.send("POST", "/v1/campaigns", #"{"name":"x"}"#, once: "a")
            let again = try await server.send("POST", "/v1/campaigns", #"{"name":"x"}"#, once: "a")
            #expect(again.status == 201 && again.body == first.body && again.header("idempotency-replayed") == "true")
            #expect(again.header("etag") == first.header("etag"))
            #expect(try await server.send("GET", "/v1/campaigns").json["data"]?.array?.count == 1)
        }
    }

    @Test func `each endpoint asks for its scope`() async throws {
        try await CampaignServer.run { server in
            let id = try await server.draft()
            let cases: [(String, String, Scope)] = [
                ("POST", "/v1/campaigns", .campaignsLaunch), ("PATCH", "/v1/campaigns/\(id)", .reportsRead), ("DELETE", "/v1/campaigns/\(id)", .campaignsLaunch),
                ("POST", "/v1/campaigns/\(id)/launch", .campaignsWrite), ("POST", "/v1/campaigns/\(id)/pause", .campaignsWrite),
                ("POST", "/v1/campaigns/\(id)/cancel", .reportsRead), ("POST", "/v1/campaigns/\(id)/schedule", .campaignsWrite),
                ("POST", "/v1/campaigns/\(id)/test", .campaignsLaunch), ("GET", "/v1/campaigns/\(id)", .profilesRead),
                ("GET", "/v1/campaigns/\(id)/report", .campaignsWrite), ("GET", "/v1/campaigns/\(id)/deliveries", .profilesRead),
                ("GET", "/v1/profiles/u1/deliveries", .campaignsWrite),
            ]
            for (method, path, scope) in cases {
                let reply = try await server.send(method, path, method == "GET" || method == "DELETE" ? nil : "{}", key: try await server.key([scope]), once: "k")
                #expect(reply.status == 403 && reply.code == "missing_scope", "\(method) \(path): \(reply.text)")
                #expect(try await server.send(method, path, key: .some(nil)).status == 401)
            }
            #expect(try await server.send("GET", "/v1/campaigns/\(id)").json["version"] == 1)
        }
    }
}
