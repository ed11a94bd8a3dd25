import API
import Core
import Linux
import Storage
import Testing

@Suite struct CampaignReportTests {
    private func sum(_ value: JSONValue?) -> Int64 { (value?.object?.members ?? []).reduce(0) { $0 + ($1.value.int ?? 0) } }

    @Test func `before the audience is frozen everything is zero`() async throws {
        try await CampaignServer.run { server in
            let id = try await server.draft()
            let none: JSONValue = ["pending": 0, "accepted": 0, "skipped": 0, "rejected": 0, "unknown": 0]
            for word in ["draft", "running"] {
                let report = try await server.send("GET", "/v1/campaigns/\(id)/report").json
                #expect(report["campaign"]?.string == id && report["state"]?.string == word && report["audience"] == 0)
                #expect(report["by_state"] == none && report["by_channel"] == [:] && report["eta"] == .null)
                _ = try await server.launch(id)
            }
            #expect(try await server.send("GET", "/v1/campaigns/cmp_9/report").status == 404)
        }
    }

    @Test func `the states sum to the audience at every step`() async throws {
        try await CampaignServer.run { server in
            for number in 0..<4 { _ = try await server.person("u\(number)", phone: "+3361234567\(number)") }
            _ = try await server.send("PUT", "/v1/profiles/nobody", "{}")
            let id = try await server.draft()
            _ = try await server.launch(id)
            let campaign = try #require(CampaignID(id))
            let run = try await server.freeze(campaign)
            func report() async throws -> JSONValue {
                let json = try await server.send("GET", "/v1/campaigns/\(id)/report").json
                #expect(json["audience"] == 5 && sum(json["by_state"]) == 5, "\(json.text)")
                return json
            }
            #expect(try await report()["by_state"]?["pending"] == 5)
            server.time.advance(milliseconds: 2_000)
            try await server.attempt(run, account: "sms-fr", .accepted(providerID: nil))
            let half = try await report()
            #expect(half["by_state"]?["accepted"] == 4 && half["by_channel"]?["sms"] == ["by_state": ["accepted": 4], "by_reason": [:]])
            #expect(half["by_language"]?["fr"]?["by_state"] == ["accepted": 4])
            #expect(half["rate"]?["per_second"] == .double(2.0))
            #expect(half["eta"]?.string == (server.store.now + .milliseconds(500)).description)
            _ = try await server.ledger.finishIfDone(run.id)
            _ = try await server.store.write { try $0.transition(campaign, to: .finished) }
            let end = try await report()
            #expect(end["by_state"]?["skipped"] == 1 && end["by_reason"] == ["no_subscription": 1] && end["by_channel"]?["apns"] == nil)
            #expect(end["state"] == "finished" && end["finished_at"] != .null && end["eta"] == .null)
            #expect(end["rate"]?["per_second"] == .double(2.0))
            #expect(end.object?.members.map(\.name) == ["campaign", "state", "audience", "by_state", "by_reason", "by_channel", "by_language",
                                                        "rate", "started_at", "finished_at", "eta"])
        }
    }

    @Test func `a cancelled campaign moves no more`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.person("u1", phone: "+33612345678")
            let id = try await server.draft()
            _ = try await server.launch(id)
            let run = try await server.freeze(try #require(CampaignID(id)))
            _ = try await server.send("POST", "/v1/campaigns/\(id)/cancel")
            _ = try await server.ledger.finishIfDone(run.id)
            let report = try await server.send("GET", "/v1/campaigns/\(id)/report").json
            #expect(report["state"] == "cancelled" && report["by_state"]?["cancelled"] == 1 && report["by_reason"] == ["campaign_cancelled": 1])
            #expect(report["rate"]?["per_second"] == .double(0) && report["eta"] == .null)
        }
    }

    @Test func `deliveries are filtered, paged and say who and why`() async throws {
        try await CampaignServer.run { server in
            let first = try await server.person("u1", phone: "+33612345671")
            _ = try await server.person("u2", phone: "+33612345672")
            _ = try await server.person("u3", phone: "+15005550001", account: "sms-us")
            _ = try await server.send("PUT", "/v1/profiles/nobody", "{}")
            let id = try await server.draft()
            _ = try await server.launch(id)
            let run = try await server.freeze(try #require(CampaignID(id)))
            try await server.attempt(run, account: "sms-fr", .accepted(providerID: "p"))
            try await server.attempt(run, account: "sms-us", .rejected(.providerPermanent, detail: "30003"))
            try await server.ledger.expandUnreached(run.id)
            let path = "/v1/campaigns/\(id)/deliveries"
            func people(_ query: String) async throws -> [String] {
                let reply = try await server.send("GET", path + query)
                #expect(reply.status == 200, "\(reply.text)")
                return (reply.json["data"]?.array ?? []).compactMap { $0["profile"]?.string }.sorted()
            }
            #expect(try await people("") == ["nobody", "u1", "u2", "u3"])
            #expect(try await people("?state=accepted") == ["u1", "u2"])
            #expect(try await people("?reason=provider_permanent") == ["u3"])
            #expect(try await people("?reason=no_subscription&state=skipped") == ["nobody"])
            #expect(try await people("?profile=u2&state=accepted") == ["u2"])
            #expect(try await people("?channel=sms") == ["u1", "u2", "u3"])
            #expect(try await people("?channel=apns") == [])
            #expect(try await people("?profile=stranger") == [])

            let rows = try await server.send("GET", path + "?profile=u1").json["data"]?.array
            let row = try #require(rows?.first)
            #expect(row["subscription"]?.string == first.id.description && row["account"] == "sms-fr" && row["channel"] == "sms")
            #expect(row["state"] == "accepted" && row["reason"] == .null && row["language"] == "fr" && row["attempts"] == 1)
            #expect(row["campaign"]?.string == id && row["test"] == .null && row["provider_id"] == "p")
            let rejected = try await server.send("GET", path + "?state=rejected").json["data"]?.array?.first
            #expect(rejected?["reason"] == "provider_permanent" && rejected?["detail"] == "30003")

            let page = try await server.send("GET", path + "?limit=3").json
            let next = try #require(page["next_cursor"]?.string)
            #expect(page["data"]?.array?.count == 3)
            #expect(try await server.send("GET", path + "?limit=3&cursor=\(next)").json["data"]?.array?.count == 1)

            let person = try await server.send("GET", "/v1/profiles/u3/deliveries").json["data"]?.array
            #expect(person?.count == 1 && person?.first?["state"] == "rejected" && person?.first?["campaign"]?.string == id)
            #expect(try await server.send("GET", "/v1/profiles/stranger/deliveries").status == 404)
            for wrong in ["?state=lost", "?reason=bad", "?channel=pigeon", "?test=1", "?limit=0", "?cursor=x", "?page=2"] {
                #expect(try await server.send("GET", path + wrong).status == 400, "\(wrong)")
            }
            #expect(try await server.send("GET", "/v1/campaigns/cmp_9/deliveries").status == 404)
        }
    }
}
