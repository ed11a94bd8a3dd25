import API
import Core
import Storage
import Testing

@Suite struct CampaignActionTests {
    private func state(_ id: String, _ server: CampaignServer) async throws -> String? {
        try await server.send("GET", "/v1/campaigns/\(id)").json["state"]?.string
    }

    @Test func `a launch starts a draft and wakes the engine`() async throws {
        try await CampaignServer.run { server in
            let id = try await server.draft()
            let reply = try await server.launch(id)
            #expect(reply.status == 202 && reply.json["state"] == "running" && reply.header("etag") == "\"2\"", "\(reply.text)")
            #expect(reply.json["started_at"]?.string == server.store.now.description && reply.json["scheduled_at"] == .null)
            #expect(server.engine.wakes == 1)
        }
    }

    @Test func `a launch needs an Idempotency-Key`() async throws {
        try await CampaignServer.run { server in
            let id = try await server.draft()
            let reply = try await server.send("POST", "/v1/campaigns/\(id)/launch")
            #expect(reply.status == 400 && reply.code == "idempotency_key_required")
            #expect(reply.json["detail"]?.string?.contains("Idempotency-Key") == true)
            #expect(try await state(id, server) == "draft" && server.engine.wakes == 0)
        }
    }

    @Test func `launching again gets the first answer with the same key, and a conflict with another`() async throws {
        try await CampaignServer.run { server in
            let id = try await server.draft()
            let path = "/v1/campaigns/\(id)/launch"
            let first = try await server.send("POST", path, "{}", once: "go")
            // Whatever becomes of the campaign, the repeat is answered as the first was.
            _ = try await server.send("POST", "/v1/campaigns/\(id)/pause")
            let again = try await server.send("POST", path, "{}", once: "go")
            #expect(again.status == 202 && again.body == first.body && again.header("idempotency-replayed") == "true")
            let other = try await server.send("POST", path, "{}", once: "go-2")
            #expect(other.status == 409 && other.code == "conflict", "\(other.text)")
            #expect(other.json["detail"]?.string?.contains("is paused, what it allows is resume, cancel") == true, "\(other.text)")
            let reused = try await server.send("POST", path, "{ }", once: "go")
            #expect(reused.status == 422 && reused.code == "idempotency_key_reused")
            let version = try await server.send("GET", "/v1/campaigns/\(id)").json
            #expect(version["state"] == "paused" && version["version"] == 3)
        }
    }

    @Test func `an incomplete campaign is not launched, and a refusal is not recorded`() async throws {
        try await CampaignServer.run { server in
            let cases: [(String, [String])] = [
                (#"{"name":"x"}"#, ["/audience", "/channels", "/content"]),
                (#"{"name":"x","audience":{"all":true},"channels":["sms","fcm"],"content":{"default_language":"fr","fr":{"body":"b"}}}"#, ["/channels/1"]),
                (#"{"name":"x","audience":{"all":true},"channels":["sms"],"content":{"default_language":"fr","fr":{"body":"b"}},"schedule":{"at":"2020-01-01T00:00:00Z"}}"#,
                 ["/schedule/at"]),
            ]
            for (definition, pointers) in cases {
                let id = try await server.draft(definition)
                let reply = try await server.send("POST", "/v1/campaigns/\(id)/launch", once: id)
                #expect(reply.status == 422 && reply.pointers == pointers, "\(reply.text)")
                let validation = try await server.send("POST", "/v1/campaigns/\(id)/validate")
                #expect(validation.status == 200 && validation.json["valid"] == false && validation.json["estimate"] == .null)
                #expect(validation.pointers == pointers)
                #expect(try await state(id, server) == "draft")
            }
            #expect(server.engine.wakes == 0)
            _ = try await server.send("PATCH", "/v1/campaigns/cmp_3", #"{"schedule":null}"#)
            #expect(try await server.send("POST", "/v1/campaigns/cmp_3/launch", once: "cmp_3").status == 202)
        }
    }

    @Test func `a segment that went is found before the launch`() async throws {
        try await CampaignServer.run { server in
            let segment = try await server.send("POST", "/v1/segments", #"{"name":"s","condition":{"tag":"vip"}}"#)
            let id = try await server.draft(#"{"name":"x","audience":{"segment":"seg_1"},"channels":["sms"],"content":{"default_language":"fr","fr":{"body":"b"}}}"#)
            #expect(segment.status == 201)
            #expect(try await server.send("DELETE", "/v1/segments/seg_1").status == 409)
            #expect(try await server.send("POST", "/v1/campaigns/\(id)/validate").json["valid"] == true)
        }
    }

    @Test func `validation counts who would be reached and names accounts in trouble`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.person("u1", phone: "+33612345678")
            _ = try await server.send("PUT", "/v1/profiles/u2", #"{"tags":["staff"]}"#)
            let id = try await server.draft(CampaignServer.complete.replacingLast("}", with: #","exclude":{"tag":"staff"}}"#))
            server.engine.report(AccountStatus(account: Account(name: "ios-main", channel: .apns), trouble: "403 InvalidProviderToken"))
            server.engine.report(AccountStatus(account: Account(name: "page", channel: .messenger), trouble: "190"))
            let reply = try await server.send("POST", "/v1/campaigns/\(id)/validate")
            #expect(reply.json["valid"] == true, "\(reply.text)")
            #expect(reply.json["estimate"]?["profiles"] == 1 && reply.json["estimate"]?["reachable"] == ["sms": 1, "apns": 0])
            #expect(reply.json["warnings"]?.array?.compactMap { $0["account"]?.string } == ["ios-main"])
            #expect(try await server.send("GET", "/v1/campaigns/\(id)").json["version"] == 1)
        }
    }

    @Test func `a launch ahead of its time waits for it`() async throws {
        try await CampaignServer.run { server in
            let at = (server.store.now + .seconds(7_200)).description
            let id = try await server.draft(CampaignServer.complete.replacingLast("}", with: #","schedule":{"at":"\#(at)"}}"#))
            let reply = try await server.launch(id)
            #expect(reply.status == 202 && reply.json["state"] == "scheduled" && reply.json["scheduled_at"]?.string == at && reply.json["started_at"] == .null)
            #expect(try await server.launch(id).status == 409)
            let later = (server.store.now + .seconds(9_000)).description
            let moved = try await server.send("POST", "/v1/campaigns/\(id)/schedule", #"{"at":"\#(later)"}"#)
            #expect(moved.status == 200 && moved.json["state"] == "scheduled" && moved.json["scheduled_at"]?.string == later, "\(moved.text)")
            #expect(try await server.send("PATCH", "/v1/campaigns/\(id)", #"{"name":"y"}"#).status == 409)
            #expect(try await server.send("POST", "/v1/campaigns/\(id)/cancel").json["state"] == "cancelled")
        }
    }

    @Test func `a time for the schedule must be one, and to come`() async throws {
        try await CampaignServer.run { server in
            let id = try await server.draft()
            let past = (server.store.now - .seconds(3_601)).description
            for (body, status, pointer) in [
                ("{}", 400, "/at"), (#"{"at":7}"#, 400, "/at"), (#"{"at":"now"}"#, 422, "/at"), (#"{"at":"\#(past)"}"#, 422, "/at"),
                (#"{"at":"2030-01-01T00:00:00Z","zone":"UTC"}"#, 400, "/zone"),
            ] {
                let reply = try await server.send("POST", "/v1/campaigns/\(id)/schedule", body)
                #expect(reply.status == status && reply.pointers == [pointer], "\(reply.text)")
            }
            #expect(try await state(id, server) == "draft" && server.engine.wakes == 0)
            let recent = (server.store.now - .seconds(60)).description
            #expect(try await server.send("POST", "/v1/campaigns/\(id)/schedule", #"{"at":"\#(recent)"}"#).json["state"] == "scheduled")
        }
    }

    @Test func `each action is refused in the states that do not allow it`() async throws {
        try await CampaignServer.run { server in
            let id = try await server.draft()
            let path = "/v1/campaigns/\(id)"
            func refused(_ actions: [String], in word: String, at line: Int) async throws {
                for action in actions {
                    let before = try await server.send("GET", path).body
                    let reply = switch action {
                    case "PATCH": try await server.send("PATCH", path, #"{"name":"y"}"#)
                    case "DELETE": try await server.send("DELETE", path)
                    case "launch": try await server.launch(id)
                    case "schedule": try await server.send("POST", path + "/schedule", #"{"at":"2030-01-01T00:00:00Z"}"#)
                    default: try await server.send("POST", path + "/" + action)
                    }
                    #expect(reply.status == 409 && reply.json["detail"]?.string?.contains("is \(word)") == true, "\(line) \(action): \(reply.text)")
                    #expect(try await server.send("GET", path).body == before)
                }
            }
            try await refused(["pause", "resume", "cancel"], in: "draft", at: #line)
            #expect(try await server.launch(id).status == 202)
            try await refused(["PATCH", "DELETE", "launch", "schedule", "resume"], in: "running", at: #line)
            #expect(try await server.send("POST", path + "/pause", "{}").json["state"] == "paused")
            try await refused(["PATCH", "DELETE", "launch", "schedule", "pause"], in: "paused", at: #line)
            let resumed = try await server.send("POST", path + "/resume")
            #expect(resumed.status == 202 && resumed.json["state"] == "running")
            let cancelled = try await server.send("POST", path + "/cancel")
            #expect(cancelled.status == 202 && cancelled.json["state"] == "cancelled" && cancelled.json["finished_at"] != .null)
            try await refused(["PATCH", "DELETE", "launch", "schedule", "pause", "resume", "cancel"], in: "cancelled", at: #line)
            #expect(server.engine.wakes == 4)
        }
    }

    @Test func `actions take no fields, and heed If-Match`() async throws {
        try await CampaignServer.run { server in
            let id = try await server.draft()
            #expect(try await server.send("POST", "/v1/campaigns/\(id)/launch", #"{"force":true}"#, once: "a").pointers == ["/force"])
            #expect(try await server.send("POST", "/v1/campaigns/\(id)/launch", once: "b", headers: [("if-match", "\"9\"")]).status == 412)
            #expect(try await state(id, server) == "draft")
            #expect(try await server.send("POST", "/v1/campaigns/cmp_9/launch", once: "c").status == 404)
            #expect(try await server.send("POST", "/v1/campaigns/cmp_9/pause").status == 404)
        }
    }

    @Test func `a test goes to the people named`() async throws {
        try await CampaignServer.run { server in
            let id = try await server.draft()
            _ = try await server.person("u1", phone: "+33612345678")
            let path = "/v1/campaigns/\(id)/test"
            let many = "[" + (1...21).map { "\"p\($0)\"" }.joined(separator: ",") + "]"
            for (body, status, pointers) in [
                ("{}", 400, ["/profiles"]), (#"{"profiles":"u1"}"#, 400, ["/profiles"]), (#"{"profiles":[]}"#, 422, ["/profiles"]),
                (#"{"profiles":\#(many)}"#, 422, ["/profiles"]), (#"{"profiles":["u1","u7","u8"]}"#, 422, ["/profiles/1", "/profiles/2"]),
                (#"{"profiles":["u1"],"dry":true}"#, 400, ["/dry"]),
            ] {
                let reply = try await server.send("POST", path, body)
                #expect(reply.status == status && reply.pointers == pointers, "\(reply.text)")
            }
            #expect(try await server.store.read { try $0.unfrozenTests() }.isEmpty && server.engine.wakes == 0)

            let key = try await server.key([.messagesSend])
            let reply = try await server.send("POST", path, #"{"profiles":["u1","u1"]}"#, key: key)
            #expect(reply.status == 202 && reply.json["id"] == "tst_1" && reply.json["campaign"]?.string == id, "\(reply.text)")
            #expect(reply.json["profiles"] == ["u1"])
            #expect(server.engine.wakes == 1)
            #expect(try await state(id, server) == "draft")

            let empty = try await server.draft(#"{"name":"x"}"#)
            let incomplete = try await server.send("POST", "/v1/campaigns/\(empty)/test", #"{"profiles":["u1"]}"#)
            #expect(incomplete.status == 422 && incomplete.pointers == ["/audience", "/channels", "/content"])

            let listed = "/v1/campaigns/\(id)/deliveries?test=tst_1"
            #expect(try await server.send("GET", listed).json["data"]?.array?.isEmpty == true)
            let test = try #require(try await server.store.read { try $0.unfrozenTests() }.first)
            let run = try await server.freeze(test)
            try await server.attempt(run, account: "sms-fr", .accepted(providerID: "m1"))
            let rows = try await server.send("GET", listed).json["data"]?.array
            #expect(rows?.count == 1 && rows?.first?["test"] == "tst_1" && rows?.first?["profile"] == "u1")
            #expect(try await server.send("GET", "/v1/campaigns/\(id)/deliveries").json["data"]?.array?.isEmpty == true)
            #expect(try await server.send("GET", "/v1/campaigns/\(empty)/deliveries?test=tst_1").status == 404)
        }
    }
}

extension String {
    /// Swaps the last occurrence of one character, to add a member to an object.
    func replacingLast(_ character: Character, with text: String) -> String {
        guard let index = lastIndex(of: character) else { return self }
        return self[..<index] + text
    }
}
