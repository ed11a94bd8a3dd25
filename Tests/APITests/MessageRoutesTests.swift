import API
import Core
import Storage
import Testing

@Suite struct MessageRoutesTests {
    static let code = #"""
        {"profile":"u1","channels":["sms"],"content":{"default_language":"fr","fr":{"body":"Votre code : 4711"}},"ttl":"PT10M"}
        """#

    @Test func `a message is taken once, and its deliveries tell what became of it`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.person("u1", phone: "+33612345678")
            let posted = try await server.send("POST", "/v1/messages", MessageRoutesTests.code, once: "a")
            #expect(posted.status == 202 && posted.json["state"] == "queued" && posted.json["purpose"] == "transactional")
            #expect(posted.json["expires_at"]?.string == (server.store.now + .seconds(600)).description)
            let path = try #require(posted.header("location"))
            #expect(server.engine.wakes == 1)
            let again = try await server.send("POST", "/v1/messages", MessageRoutesTests.code, once: "a")
            #expect(again.text == posted.text && again.header("idempotency-replayed") == "true")

            func state() async throws -> JSONValue { try await server.send("GET", path).json["state"] ?? .null }
            #expect(try await state() == "queued")
            try await server.deliver(account: "ios-main", nil)
            #expect(try await state() == "queued")
            _ = try await server.send("POST", "/v1/messages", MessageRoutesTests.code, once: "b")
            try await server.deliver(account: "sms-fr", .accepted(providerID: "SM1"))
            let end = try await server.send("GET", path).json
            let row = try #require(end["deliveries"]?.array?.first)
            #expect(end["state"] == "finished" && row["state"] == "accepted" && row["account"] == "sms-fr" && row["provider_id"] == "SM1")
            #expect(row["message"] == end["id"] && row["campaign"] == .null)
            let all = try await server.send("GET", "/v1/profiles/u1/deliveries").json["data"]?.array ?? []
            #expect(all.map { $0["message"]?.string } == ["msg_2", "msg_1"])
        }
    }

    @Test(arguments: [
        (#"{"profile":"u9","channels":["sms"],"content":{"default_language":"fr","fr":{"body":"a"}}}"#, 422, "/profile"),
        (#"{"channels":["sms"],"content":{"default_language":"fr","fr":{"body":"a"}}}"#, 400, "/profile"),
        (#"{"profile":"u1","channels":[],"content":{"default_language":"fr","fr":{"body":"a"}}}"#, 400, "/channels"),
        (#"{"profile":"u1","content":{"default_language":"fr","fr":{"body":"a"}}}"#, 400, "/channels"),
        (#"{"profile":"u1","channels":["fcm"],"content":{"default_language":"fr","fr":{"body":"a"}}}"#, 422, "/channels/0"),
        (#"{"profile":"u1","channels":["sms"]}"#, 400, "/content"),
        (#"{"profile":"u1","channels":["sms"],"content":{"default_language":"fr","fr":{"body":"{{ x"}}}"#, 422, "/content/fr/body"),
        (#"{"profile":"u1","channels":["sms"],"strategy":"fallback","content":{"default_language":"fr","fr":{"body":"a"}}}"#, 422, "/strategy"),
        (#"{"profile":"u1","channels":["sms"],"ttl":"P60D","content":{"default_language":"fr","fr":{"body":"a"}}}"#, 422, "/ttl"),
        (#"{"profile":"u1","channels":["sms"],"name":"x","content":{"default_language":"fr","fr":{"body":"a"}}}"#, 400, "/name"),
    ])
    func `what is wrong with one is told, and nothing is kept`(_ body: String, _ status: Int, _ pointer: String) async throws {
        try await CampaignServer.run { server in
            _ = try await server.person("u1", phone: "+33612345678")
            let reply = try await server.send("POST", "/v1/messages", body, once: "a")
            #expect(reply.status == status && reply.pointers.contains(pointer), "\(reply.text)")
            #expect(try await server.send("GET", "/v1/messages/msg_1").status == 404)
        }
    }

    @Test func `somebody without an address is no error of the request`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.send("PUT", "/v1/profiles/u1", "{}")
            #expect(try await server.send("POST", "/v1/messages", MessageRoutesTests.code, once: "a").status == 202)
            try await server.deliver(account: "sms-fr", nil)
            let end = try await server.send("GET", "/v1/messages/msg_1").json
            #expect(end["state"] == "finished" && end["deliveries"]?.array?.map { $0["reason"] } == ["no_subscription"])
        }
    }

    @Test func `it is in the export of the person, and goes with them`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.person("u1", phone: "+33612345678")
            _ = try await server.send("POST", "/v1/messages", MessageRoutesTests.code, once: "a")
            let exported = try await server.send("GET", "/v1/profiles/u1/export").json["messages"]?.array ?? []
            #expect(exported.count == 1 && exported.first?["message"]?["content"]?["fr"]?["body"] == "Votre code : 4711")
            #expect(try await server.send("DELETE", "/v1/profiles/u1").status == 204)
            #expect(try await server.send("GET", "/v1/messages/msg_1").status == 404)
            #expect(try await server.send("GET", "/v1/profiles/u1/export").status == 404)
            // The answer that would be replayed names the person: it is gone, and the person unknown.
            #expect(try await server.send("POST", "/v1/messages", MessageRoutesTests.code, once: "a").status == 422)
        }
    }
}
