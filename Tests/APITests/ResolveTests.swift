import API
import Core
import Storage
import Testing

@Suite struct ResolveTests {
    @Test func `an operator settles what is unknown, and the log says so once`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.person("u1", phone: "+33612345678")
            _ = try await server.person("u2", phone: "+33612345679")
            let id = try await server.draft()
            let path = "/v1/campaigns/\(id)/resolve"
            let early = try await server.send("POST", path, #"{"outcome":"accepted"}"#, once: "early")
            #expect(early.status == 409 && early.json["detail"]?.string?.contains("has not been launched") == true)
            _ = try await server.launch(id)
            let run = try await server.freeze(#require(CampaignID(id)))
            try await server.attempt(run, account: "sms-fr", .unknown(detail: "timeout"))
            let first = try await server.send("POST", path, #"{"outcome":"accepted","channel":"sms"}"#, once: "a")
            #expect(first.status == 200 && first.json == ["campaign": .string(id), "outcome": "accepted", "resolved": 2])
            let again = try await server.send("POST", path, #"{"outcome":"accepted","channel":"sms"}"#, once: "a")
            #expect(again.text == first.text && again.header("idempotency-replayed") == "true")
            let reused = try await server.send("POST", path, #"{"outcome":"rejected"}"#, once: "a")
            #expect(reused.status == 422 && reused.code == "idempotency_key_reused")
            #expect(try await server.send("GET", "/v1/campaigns/\(id)/report").json["by_state"]?["accepted"] == 2)
            let log = try await server.send("GET", "/v1/audit?action=campaign.resolve").json["data"]?.array ?? []
            #expect(log.map { $0["object"]?.string } == [id])
            _ = try await server.ledger.finishIfDone(run.id)
            let late = try await server.send("POST", path, #"{"outcome":"resend"}"#, once: "b")
            #expect(late.status == 409 && late.json["detail"]?.string?.contains("is over") == true)
        }
    }

    @Test(arguments: [
        ("{}", 400, "/outcome"), (#"{"outcome":"maybe"}"#, 422, "/outcome"), (#"{"outcome":"resend","account":"nowhere"}"#, 422, "/account"),
        (#"{"outcome":"resend","delivery":"x"}"#, 422, "/delivery"), (#"{"outcome":"accepted","delivery":"dlv_9"}"#, 422, "/delivery"),
    ])
    func `what cannot be meant is refused`(_ body: String, _ status: Int, _ pointer: String) async throws {
        try await CampaignServer.run { server in
            _ = try await server.person("u1", phone: "+33612345678")
            let id = try await server.draft()
            _ = try await server.launch(id)
            _ = try await server.freeze(#require(CampaignID(id)))
            let reply = try await server.send("POST", "/v1/campaigns/\(id)/resolve", body, once: "a")
            #expect(reply.status == status && reply.pointers.contains(pointer), "\(reply.text)")
        }
    }

    @Test func `what is unknown of a message is settled likewise, while it is worth sending also by sending it again`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.person("u1", phone: "+33612345678")
            let posted = try await server.send("POST", "/v1/messages", MessageRoutesTests.code, once: "m")
            let id = try #require(posted.json["id"]?.string)
            let path = "/v1/messages/\(id)/resolve"
            let early = try await server.send("POST", path, #"{"outcome":"accepted"}"#, once: "early")
            #expect(early.status == 409 && early.json["detail"]?.string?.contains("no deliveries yet") == true)
            try await server.deliver(account: "sms-fr", .unknown(detail: "timeout"))
            let stranger = try await server.send("POST", path, #"{"outcome":"accepted","delivery":"dlv_9"}"#, once: "stranger")
            #expect(stranger.status == 422 && stranger.pointers == ["/delivery"])
            let other = try await server.send("POST", path, #"{"outcome":"accepted","channel":"apns"}"#, once: "other")
            #expect(other.json == ["message": .string(id), "outcome": "accepted", "resolved": 0])
            let again = try await server.send("POST", path, #"{"outcome":"resend"}"#, once: "a")
            #expect(again.status == 200 && again.json == ["message": .string(id), "outcome": "resend", "resolved": 1])
            #expect(try await server.send("GET", "/v1/messages/\(id)").json["deliveries"]?.array?.map { $0["state"] } == ["pending"])
            #expect(try await server.ledger.urgentAccounts() == [server.store.accountIDs["sms-fr"]])
            let repeated = try await server.send("POST", path, #"{"outcome":"resend"}"#, once: "a")
            #expect(repeated.text == again.text && repeated.header("idempotency-replayed") == "true")
            // The same key for a campaign is another request.
            let draft = try await server.draft()
            #expect(try await server.send("POST", "/v1/campaigns/\(draft)/resolve", #"{"outcome":"resend"}"#, once: "a").code == "idempotency_key_reused")
            let key = try await server.key([.campaignsLaunch, .reportsRead])
            #expect(try await server.send("POST", path, #"{"outcome":"accepted"}"#, key: key, once: "k").status == 403)
            let log = try await server.send("GET", "/v1/audit?action=message.resolve").json["data"]?.array ?? []
            #expect(log.map { $0["object"]?.string } == [id, id])
        }
    }
}
