import API
import Core
import OpenSSL
import Storage
import Testing
import Webhooks

@Suite struct WebhookRoutesTests {
    private static let body = #"{"url":"https://shop.example.com/hooks?token=s3","events":["subscription.opted_out","campaign.finished"],"description":"CRM"}"#

    private static func make(_ server: CampaignServer, _ body: String = body) async throws -> (path: String, reply: Reply) {
        let reply = try await server.send("POST", "/v1/webhooks", body)
        return (try "/v1/webhooks/" + #require(reply.json["id"]?.string, "\(reply.text)"), reply)
    }

    @Test func `the secret is told once and kept nowhere`() async throws {
        try await CampaignServer.run { server in
            let made = try await server.send("POST", "/v1/webhooks", Self.body, once: "a")
            let secret = try #require(made.json["secret"]?.string)
            let path = try #require(made.header("location"))
            #expect(made.status == 201 && secret.hasPrefix("whsec_") && Base64.decode(String(secret.dropFirst(6)))?.count == 32)
            #expect(made.json["events"] == ["campaign.finished", "subscription.opted_out"] && made.json["enabled"] == true)
            let again = try await server.send("POST", "/v1/webhooks", Self.body, once: "a")
            #expect(again.status == 201 && again.header("idempotency-replayed") == "true" && again.json["id"] == made.json["id"] && !again.text.contains("whsec_"))
            let shown = try await server.send("GET", path)
            #expect(shown.status == 200 && shown.header("etag") == "\"1\"" && !shown.text.contains("whsec_"))
            #expect(try await server.send("GET", "/v1/webhooks").json["data"] == [shown.json])
            #expect(try await server.send("GET", path, headers: [("if-none-match", "\"1\"")]).status == 304)
            // What the database holds is no key.
            let salt = try await server.store.read { try $0.webhooks(limit: 1)[0].salt }
            #expect(secret != WebhookSecret(key: salt).text)
        }
    }

    @Test func `fields are changed one by one, and the version tells`() async throws {
        try await CampaignServer.run { server in
            let (path, made) = try await Self.make(server)
            let changed = try await server.send("PATCH", path, #"{"events":["campaign.failed"]}"#, headers: [("if-match", "\"1\"")])
            #expect(changed.status == 200 && changed.header("etag") == "\"2\"" && changed.json["events"] == ["campaign.failed"])
            #expect(changed.json["url"] == made.json["url"] && changed.json["description"] == "CRM" && changed.json["enabled"] == true)
            #expect(try await server.send("PATCH", path, #"{"enabled":false}"#, headers: [("if-match", "\"1\"")]).status == 412)
            let disabled = try await server.send("PATCH", path, #"{"enabled":false}"#)
            #expect(disabled.json["enabled"] == false && disabled.json["disabled_reason"] == .null)
            #expect(try await server.send("PATCH", path, #"{"url":null}"#).pointers == ["/url"])
            #expect(try await server.send("DELETE", path).status == 204)
            #expect(try await server.send("GET", path).status == 404)
            let actions = try await server.send("GET", "/v1/audit?object=\(path.dropFirst("/v1/webhooks/".count))").json["data"]?.array?.compactMap { $0["action"]?.string }
            #expect(actions == ["webhook.delete", "webhook.update", "webhook.update", "webhook.create"])
        }
    }

    @Test(arguments: [
        (#"{"url":"http://shop.example.com/","events":["campaign.failed"]}"#, "/url"),
        (#"{"url":"https://127.0.0.1/","events":["campaign.failed"]}"#, "/url"),
        (#"{"url":"https://[::1]/","events":["campaign.failed"]}"#, "/url"),
        (#"{"url":"https://169.254.169.254/latest","events":["campaign.failed"]}"#, "/url"),
        (#"{"url":"https://metadata.internal/","events":["campaign.failed"]}"#, "/url"),
        (#"{"url":"https://user:pw@shop.example.com/","events":["campaign.failed"]}"#, "/url"),
        (#"{"url":"","events":["campaign.failed"]}"#, "/url"),
        (#"{"url":"https://shop.example.com/","events":[]}"#, "/events"),
        (#"{"url":"https://shop.example.com/","events":["campaign.failed","campaign.finish"]}"#, "/events/1"),
        (#"{"url":"https://shop.example.com/","events":["webhook.test"]}"#, "/events/0"),
        (#"{"url":"https://shop.example.com/"}"#, "/events"),
        (#"{"events":["campaign.failed"]}"#, "/url"),
    ]) func `what cannot be called or told is refused with its place`(body: String, pointer: String) async throws {
        try await CampaignServer.run { server in
            let reply = try await server.send("POST", "/v1/webhooks", body)
            #expect([400, 422].contains(reply.status) && reply.pointers == [pointer], "\(reply.text)")
            #expect(try await server.send("GET", "/v1/webhooks").json["data"] == [])
        }
    }

    @Test func `an operator may allow endpoints without TLS and on private addresses`() async throws {
        let services = WebhookServices(allowsPrivate: true) {}
        try await TestServer.run(adding: [.webhooks(services)]) { server in
            func status(_ url: String) async throws -> Int {
                let body: JSONValue = ["url": .string(url), "events": ["campaign.failed"]]
                return try await server.send("POST", "/v1/webhooks", body.text).status
            }
            for (urls, wanted) in [
                (["http://127.0.0.1:8080/hook", "https://crm.internal/x", "http://[::1]/"], 201), (["ftp://127.0.0.1/", "http://", "http:///x", "http://a b/", "127.0.0.1"], 422),
            ] {
                for url in urls {
                    let status = try await status(url)
                    #expect(status == wanted, "\(url)")
                }
            }
        }
    }

    @Test func `a rotated secret is another, and the former one signs for its grace`() async throws {
        try await CampaignServer.run { server in
            let (path, made) = try await Self.make(server)
            let rotated = try await server.send("POST", path + "/rotate", #"{"grace":"PT1H"}"#, once: "r")
            #expect(rotated.status == 200 && rotated.json["secret"]?.string?.hasPrefix("whsec_") == true && rotated.json["secret"] != made.json["secret"])
            #expect(rotated.json["previous_secret_until"] == .string((server.store.now + .seconds(3_600)).description) && rotated.json["version"] == 2)
            let again = try await server.send("POST", path + "/rotate", #"{"grace":"PT1H"}"#, once: "r")
            #expect(again.json["version"] == 2 && !again.text.contains("whsec_"))
            #expect(try await server.send("POST", path + "/rotate", #"{"grace":"PT0S"}"#).json["previous_secret_until"] == .null)
        }
    }

    @Test func `deliveries are listed by state and replayed under the same id`() async throws {
        try await CampaignServer.run { server in
            let (path, _) = try await Self.make(server)
            let wakes = server.engine.wakes
            var tests: [JSONValue] = []
            for _ in 0..<3 {
                let reply = try await server.send("POST", path + "/test")
                #expect(reply.status == 202 && reply.json["state"] == "pending" && reply.json["event"] == "webhook.test")
                tests.append(reply.json)
            }
            #expect(server.engine.wakes == wakes + 3)
            let id = try #require(tests[1]["id"]?.string.flatMap(WebhookDeliveryID.init))
            _ = try await server.store.write { try $0.record(WebhookAttempt(delivery: id, result: .failed(retryAt: nil), responseStatus: 503, error: nil)) }
            let failed = try await server.send("GET", path + "/deliveries?state=failed").json["data"]?.array ?? []
            #expect(failed.count == 1 && failed[0]["id"] == tests[1]["id"] && failed[0]["response_status"] == 503 && failed[0]["attempts"] == 1 && failed[0]["next_at"] == .null)
            let page = try await server.send("GET", path + "/deliveries?limit=2")
            #expect(page.json["data"]?.array?.map { $0["id"] } == [tests[2]["id"], tests[1]["id"]])
            let rest = try await server.send("GET", path + "/deliveries?limit=2&cursor=\(page.json["next_cursor"]?.string ?? "")")
            #expect(rest.json["data"] == [tests[0]] && rest.json["next_cursor"] == .null)

            let replayed = try await server.send("POST", path + "/deliveries/\(id)/replay")
            #expect(replayed.status == 202 && replayed.json["state"] == "pending" && replayed.json["attempts"] == 0 && replayed.json["message"] == tests[1]["message"])
            let (other, _) = try await Self.make(server)
            #expect(try await server.send("POST", other + "/deliveries/\(id)/replay").status == 404, "it is another webhook's")
            _ = try await server.send("PATCH", path, #"{"enabled":false}"#)
            for action in ["/test", "/deliveries/\(id)/replay"] { #expect(try await server.send("POST", path + action).code == "conflict") }
        }
    }

    @Test func `what was told of a person is in their export, over several pages, and goes with them`() async throws {
        try await CampaignServer.run { server in
            let made = try await Self.make(server, #"{"url":"https://example.com/","events":["subscription.opted_out"]}"#)
            let (person, other) = (try await server.person("u1", phone: "+33612345678").id, try await server.person("u2", phone: "+33612345679").id)
            try await server.store.write { store in
                for id in Array(repeating: person, count: 600) + [other] {
                    _ = try store.decide(false, subscription: id, proof: ConsentProof(source: "form", at: store.now))
                    _ = try store.decide(true, subscription: id, proof: ConsentProof(source: "form", at: store.now))
                }
            }
            func told(_ name: String) async throws -> [JSONValue] {
                try await server.send("GET", "/v1/profiles/\(name)/export").json["webhook_deliveries"]?.array ?? []
            }
            let all = try await told("u1")
            #expect(all.count == 600 && Set(all.compactMap { $0["id"]?.string }).count == 600)
            #expect(all.allSatisfy { $0["payload"]?["data"]?["profile"] == "u1" && $0["payload"]?["data"]?["subscription"]?.string == person.description })
            #expect(all.first?["event"] == "subscription.opted_out" && all.first?["state"] == "pending" && made.path.hasSuffix(all.first?["webhook"]?.string ?? "-"))
            #expect(try await server.send("DELETE", "/v1/profiles/u1").status == 204)
            #expect(try await told("u2").count == 1)
            // Whoever comes back under the name is somebody new.
            #expect(try await server.send("PUT", "/v1/profiles/u1", "{}").status == 201)
            #expect(try await told("u1") == [])
            let left = try await server.send("GET", made.path + "/deliveries?limit=1000").json["data"]?.array ?? []
            #expect(left.count == 1)
        }
    }
}
