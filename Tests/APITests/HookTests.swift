import API
import Core
import Linux
import OpenSSL
import Storage
import Testing

@Suite struct HookTests {
    private func history(_ person: String, _ server: CampaignServer) async throws -> [JSONValue] {
        try await server.send("GET", "/v1/profiles/\(person)/consents").json["data"]?.array ?? []
    }

    @Test func `an account that takes no callbacks has no hook`() async throws {
        try await CampaignServer.run { server in
            for account in ["nobody", "ios-main", "sms%2Dfr%2F", ""] {
                for method in ["GET", "POST"] {
                    let reply = try await server.send(method, "/hooks/\(account)", method == "POST" ? "{}" : nil, key: .some(nil))
                    #expect(reply.status == 404, "\(account): \(reply.text)")
                }
            }
        }
    }

    @Test func `a call that does not prove where it comes from has no effect`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.person("u1", phone: "+33612345678")
            #expect(try await server.reply("STOP", from: "33612345678", id: "1", token: "guessed").status == 403)
            let item = "{\"sender\":{\"id\":\"\(HookFixtures.psid)\"},\"timestamp\":\(server.now),\"message\":{\"mid\":\"m1\",\"text\":\"hi\"}}"
            #expect(try await server.messenger(item, signature: "sha256=00").status == 403)
            #expect(try await history("u1", server).count == 1)
            #expect(try await server.store.subscription(account: "page", address: HookFixtures.psid) == nil && server.engine.wakes == 0)
        }
    }

    @Test func `a gateway that calls with GET is told so`() async throws {
        try await CampaignServer.run { server in
            let reply = try await server.send("POST", "/hooks/sms-fr", "", key: .some(nil))
            #expect(reply.status == 405 && reply.header("allow") == "GET, HEAD, OPTIONS", "\(reply.text)")
        }
    }

    @Test func `a body that is too large is refused`() async throws {
        try await CampaignServer.run { server in
            let reply = try await server.send("POST", "/hooks/page", String(repeating: "x", count: (3 << 20) + 1), key: .some(nil))
            #expect(reply.status == 413)
        }
    }

    @Test func `a Page's verification gets its challenge back`() async throws {
        try await CampaignServer.run { server in
            let path = "/hooks/page?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
            let reply = try await server.send("GET", path + "verify-me", key: .some(nil))
            #expect(reply.status == 200 && reply.text == "1158201444" && reply.header("content-type")?.hasPrefix("text/plain") == true)
            #expect(try await server.send("GET", path + "no", key: .some(nil)).status == 403)
        }
    }

    // MARK: SMS

    @Test func `STOP opts out that number on that account, with the words as proof`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.person("u1", phone: "+33612345678")
            let other = try await server.person("u1", phone: "+33612345678", account: "sms-us")
            server.time.advance(milliseconds: 60_000)
            #expect(try await server.reply("Stop+merci", from: "33612345678", id: "mo1").status == 200)
            let stopped = try await server.store.subscription(account: "sms-fr", address: "+33612345678")
            #expect(stopped?.optIn == false)
            #expect(try await server.store.read { try $0.subscription(other.id) }?.optIn == true)
            let newest = try #require(try await history("u1", server).first)
            #expect(newest["state"] == "withdrawn" && newest["account"] == "sms-fr" && newest["source"] == "sms_keyword")
            #expect(newest["evidence"]?["keyword"] == "Stop merci")
        }
    }

    @Test func `a repeated event changes nothing`() async throws {
        try await CampaignServer.run { server in
            let person = try await server.person("u1", phone: "+33612345678")
            server.time.advance(milliseconds: 1_000)
            _ = try await server.reply("STOP", from: "33612345678", id: "mo1")
            server.time.advance(milliseconds: 1_000)
            _ = try await server.send("POST", "/v1/subscriptions/\(person.id)/opt-in", #"{"source":"form"}"#)
            server.time.advance(milliseconds: 1_000)
            #expect(try await server.reply("STOP", from: "33612345678", id: "mo1").status == 200)
            #expect(try await server.store.read { try $0.subscription(person.id) }?.optIn == true)
            #expect(try await history("u1", server).count == 3)
            _ = try await server.reply("STOP", from: "33612345678", id: "mo2")
            #expect(try await server.store.read { try $0.subscription(person.id) }?.optIn == false)
        }
    }

    @Test func `STOP of somebody who never agreed is kept, and older lists do not undo it`() async throws {
        try await CampaignServer.run { server in
            let before = server.store.now
            let list = #"{"profile":"u1","channel":"sms","account":"sms-fr","address":"+33612345678"}"#
            #expect(try await server.send("POST", "/v1/subscriptions", list).status == 201)
            server.time.advance(milliseconds: 60_000)
            _ = try await server.reply("STOP", from: "33612345678", id: "mo1")
            #expect(try await history("u1", server).map { $0["state"] } == ["withdrawn"])
            let old = list.replacingLast("}", with: #","opt_in":true,"consent":{"source":"list","at":"\#(before)"}}"#)
            #expect(try await server.send("POST", "/v1/subscriptions", old).json["opt_in"] == false)
        }
    }

    @Test func `START renews an agreement and makes none`() async throws {
        try await CampaignServer.run { server in
            let person = try await server.person("u1", phone: "+33612345678")
            let list = #"{"profile":"u2","channel":"sms","account":"sms-fr","address":"+33612345679"}"#
            _ = try await server.send("POST", "/v1/subscriptions", list)
            for (index, words) in ["STOP", "START"].enumerated() {
                server.time.advance(milliseconds: 60_000)
                for number in ["33612345678", "33612345679", "33699999999"] { _ = try await server.reply(words, from: number, id: "\(number)-\(index)") }
            }
            #expect(try await server.store.read { try $0.subscription(person.id) }?.optIn == true)
            #expect(try await history("u1", server).map { $0["state"] } == ["granted", "withdrawn", "granted"])
            #expect(try await server.store.subscription(account: "sms-fr", address: "+33612345679")?.optIn == false)
            // A number that nobody registered stays unknown.
            #expect(try await server.store.subscription(account: "sms-fr", address: "+33699999999") == nil)
        }
    }

    @Test func `a delivery report moves its row, once and never backwards`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.person("u1", phone: "+15005550001", account: "sms-us")
            let id = try await server.draft()
            _ = try await server.launch(id)
            let run = try await server.freeze(try #require(CampaignID(id)))
            let sid = "SM0123456789abcdef0123456789abcdef"
            try await server.attempt(run, account: "sms-us", .accepted(providerID: sid))
            func report(_ status: String) async throws -> Reply {
                try await server.twilio(["MessageSid": sid, "MessageStatus": status, "AccountSid": "AC0123456789abcdef0123456789abcdef"])
            }
            for status in ["delivered", "sent", "delivered"] {
                let reply = try await report(status)
                #expect((200..<300).contains(reply.status), "\(reply.text)")
                let counts = try await server.send("GET", "/v1/campaigns/\(id)/report").json["by_state"]
                #expect(counts?["delivered"] == 1, "\(status)")
            }
        }
    }

    // MARK: Messenger

    private func item(_ server: CampaignServer, _ rest: String) -> String {
        "{\"sender\":{\"id\":\"\(HookFixtures.psid)\"},\"recipient\":{\"id\":\"1234567890\"},\"timestamp\":\(server.now),\(rest)}"
    }

    @Test func `whoever writes to the Page is registered without opt-in, and the window is open`() async throws {
        try await CampaignServer.run { server in
            let reply = try await server.messenger(item(server, #""message":{"mid":"m1","text":"Bonjour"}"#))
            #expect(reply.status == 200)
            let person = try #require(try await server.store.subscription(account: "page", address: HookFixtures.psid))
            #expect(person.profileExternalID == "messenger:\(HookFixtures.psid)" && !person.optIn)
            #expect(person.windowExpiresAt == server.store.now + .seconds(86_400))
            #expect(try await history("messenger:\(HookFixtures.psid)", server).isEmpty)
        }
    }

    @Test func `an opt-in registers under the profile that its reference names`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.send("PUT", "/v1/profiles/u1", "{}")
            _ = try await server.messenger(item(server, #""optin":{"ref":"u1"}"#))
            let person = try #require(try await server.store.subscription(account: "page", address: HookFixtures.psid))
            #expect(person.profileExternalID == "u1" && person.optIn)
            let proof = try #require(try await history("u1", server).first)
            #expect(proof["state"] == "granted" && proof["source"] == "messenger_callback" && proof["evidence"]?["reference"] == "u1")

            // A link with another reference does not take the address from its owner.
            _ = try await server.send("PUT", "/v1/profiles/u2", "{}")
            server.time.advance(milliseconds: 1_000)
            _ = try await server.messenger(item(server, #""optin":{"ref":"u2"}"#))
            #expect(try await server.store.subscription(account: "page", address: HookFixtures.psid)?.profileExternalID == "u1")
        }
    }

    @Test func `a reference that names nobody is kept as proof, and the person is their own profile`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.messenger(item(server, #""optin":{"ref":"summer-campaign"}"#))
            let owner = "messenger:\(HookFixtures.psid)"
            let person = try #require(try await server.store.subscription(account: "page", address: HookFixtures.psid))
            #expect(person.profileExternalID == owner && person.optIn)
            #expect(try await history(owner, server).first?["evidence"]?["reference"] == "summer-campaign")
            #expect(try await server.send("GET", "/v1/profiles/summer-campaign").status == 404)
        }
    }

    @Test func `a stop written to the Page ends the opt-in`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.messenger(item(server, #""optin":{"ref":"x"}"#))
            server.time.advance(milliseconds: 1_000)
            let stop = item(server, #""message":{"mid":"m2","text":"STOP"}"#)
            for _ in 0..<2 { #expect(try await server.messenger(stop).status == 200) }
            #expect(try await server.store.subscription(account: "page", address: HookFixtures.psid)?.optIn == false)
            let owner = "messenger:\(HookFixtures.psid)"
            #expect(try await history(owner, server).map { $0["state"] } == ["withdrawn", "granted"])
            #expect(try await history(owner, server).first?["evidence"]?["keyword"] == "STOP")
        }
    }

    @Test func `a watermark moves everything that was sent before it`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.messenger(item(server, #""optin":{"ref":"x"}"#))
            let id = try await server.draft(#"{"name":"x","audience":{"all":true},"channels":["messenger"],"content":{"default_language":"fr","fr":{"body":"b"}}}"#)
            _ = try await server.launch(id)
            let run = try await server.freeze(try #require(CampaignID(id)), channels: [.messenger])
            try await server.attempt(run, account: "page", .accepted(providerID: "m_1"))
            server.time.advance(milliseconds: 5_000)
            for (field, word) in [("delivery", "delivered"), ("read", "opened"), ("delivery", "opened")] {
                _ = try await server.messenger(item(server, "\"\(field)\":{\"watermark\":\(server.now)}"))
                let counts = try await server.send("GET", "/v1/campaigns/\(id)/report").json["by_state"]
                #expect(counts?[word] == 1 && counts?["accepted"] == 0, "\(field): \(counts?.text ?? "")")
            }
        }
    }

    @Test func `a Page that is blocked pauses what runs on its channel`() async throws {
        try await CampaignServer.run { server in
            let paged = try await server.draft(#"{"name":"x","audience":{"all":true},"channels":["messenger"],"content":{"default_language":"fr","fr":{"body":"b"}}}"#)
            let other = try await server.draft()
            for id in [paged, other] { #expect(try await server.launch(id).status == 202) }
            let reply = try await server.messenger("{\"recipient\":{\"id\":\"1234567890\"},\"timestamp\":\(server.now),\"policy-enforcement\":{\"action\":\"block\",\"reason\":\"spam\"}}")
            #expect(reply.status == 200)
            let paused = try await server.send("GET", "/v1/campaigns/\(paged)").json
            #expect(paused["state"] == "paused" && paused["reason"]?.string?.hasPrefix("provider_config: account page is blocked") == true)
            #expect(try await server.send("GET", "/v1/campaigns/\(other)").json["state"] == "running")
            #expect(try await server.send("POST", "/v1/campaigns/\(paged)/resume").json["reason"] == .null)
        }
    }
}

extension CampaignServer {
    /// A status callback, signed as Twilio signs (Twilio, "Webhooks security"): HMAC-SHA1 is over the URL and the sorted fields.
    fileprivate func twilio(_ fields: [String: String]) async throws -> Reply {
        let target = "/hooks/sms-us"
        let sorted = fields.sorted { $0.key < $1.key }
        let message = "https://push.example.com\(target)" + sorted.map { $0.key + $0.value }.joined()
        let signature = Base64.encode(HMAC.sha1(key: Array("12345".utf8), message: Array(message.utf8)))
        let body = sorted.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
        return try await send("POST", target, body, key: .some(nil),
                              headers: [("content-type", "application/x-www-form-urlencoded"), ("x-twilio-signature", signature)])
    }
}
