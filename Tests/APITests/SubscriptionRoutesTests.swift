import Core
import Testing

@Suite struct SubscriptionRoutesTests {
    static func registration(_ extra: String = "") -> String {
        #"{"profile":"u1","channel":"apns","account":"ios-main","address":"AABBCCDD11"\#(extra)}"#
    }

    @Test func `an address is registered once, and every decision is kept with its proof`() async throws {
        try await TestServer.run { server in
            let made = try await server.send("POST", "/v1/subscriptions", Self.registration(#","opt_in":true,"consent":{"source":"app_prompt","text":"v3","at":"2025-06-01T10:00:00Z","topics":["news"],"evidence":{"screen":"home"}},"app_version":"5.2","os":"iOS 18.1","language":"fr""#))
            #expect(made.status == 201)
            #expect(made.json["address"] == "…dd11" && made.json["opt_in"] == true && made.json["topics"] == ["news"])
            let id = try #require(made.json["id"]?.string)
            let again = try await server.send("POST", "/v1/subscriptions", Self.registration())
            #expect(again.status == 200 && again.json["id"]?.string == id && again.json["app_version"] == "5.2")

            let out = try await server.send("POST", "/v1/subscriptions/\(id)/opt-out", #"{"source":"settings","evidence":{"ip":"192.0.2.7"}}"#)
            #expect(out.status == 200 && out.json["opt_in"] == false)
            #expect(try await server.send("POST", "/v1/subscriptions/\(id)/opt-in").json["opt_in"] == true)
            let history = try await server.send("GET", "/v1/profiles/u1/consents")
            #expect(history.json["data"]?.array?.compactMap { $0["source"]?.string } == ["api", "settings", "app_prompt"])
            #expect(history.json["data"]?.array?.last?["evidence"] == ["screen": "home"])
            #expect(history.json["data"]?.array?.last?["at"] == "2025-06-01T10:00:00Z")

            let first = try await server.send("GET", "/v1/profiles/u1/consents?limit=2")
            let cursor = try #require(first.json["next_cursor"]?.string)
            let second = try await server.send("GET", "/v1/profiles/u1/consents?limit=2&cursor=\(cursor)")
            #expect(second.json["data"]?.array?.count == 1 && second.json["next_cursor"] == .null)

            #expect(try await server.send("DELETE", "/v1/subscriptions/\(id)").status == 204)
            #expect(try await server.send("GET", "/v1/subscriptions/\(id)").status == 404)
        }
    }

    @Test func `the owner is the profile named last`() async throws {
        try await TestServer.run { server in
            let first = try await server.send("POST", "/v1/subscriptions", Self.registration(#","opt_in":true"#))
            let second = try await server.send("POST", "/v1/subscriptions", #"{"profile":"u2","channel":"apns","account":"ios-main","address":"aabbccdd11"}"#)
            #expect(second.json["id"] == first.json["id"] && second.json["profile"] == "u2")
            #expect(second.json["opt_in"] == false)
        }
    }

    @Test func `a wrong registration is named and leaves nothing`() async throws {
        let web = #"{"profile":"u9","channel":"webpush","account":"web","address":{"endpoint":"ENDPOINT","keys":{"p256dh":"p","auth":"a"}}}"#
        var cases: [(String, Int, String)] = [
            (#"{"profile":"u9","channel":"apns","account":"ios-main","address":"not hex"}"#, 422, "/address"),
            (#"{"profile":"u9","channel":"sms","account":"sms-fr","address":"0611223344"}"#, 422, "/address"),
            (#"{"profile":"u9","channel":"sms","account":"sms-frr","address":"+33611223344"}"#, 422, "/account"),
            (#"{"profile":"u9","channel":"sms","account":"ios-main","address":"+33611223344"}"#, 422, "/account"),
            (#"{"profile":"u9","channel":"smss","account":"sms-fr","address":"+33611223344"}"#, 422, "/channel"),
            (#"{"profile":"u9","channel":"line","account":"line-fr","address":"U1"}"#, 422, "/channel"),
            (#"{"channel":"sms","account":"sms-fr","address":"+33611223344"}"#, 400, "/profile"),
            (#"{"profile":"u9","channel":"sms","account":"sms-fr"}"#, 400, "/address"),
            (#"{"profile":"u9","channel":"sms","account":"sms-fr","address":"+33611223344","opt_in":"yes"}"#, 400, "/opt_in"),
            (#"{"profile":"u9","channel":"sms","account":"sms-fr","address":"+33611223344","opt_in":true,"consent":{}}"#, 400, "/consent/source"),
            (#"{"profile":"u9","channel":"sms","account":"sms-fr","address":"+33611223344","opt_in":true,"consent":{"source":"","text":"v3","topics":["news"]}}"#, 422, "/consent/source"),
            (#"{"profile":"u9","channel":"sms","account":"sms-fr","address":"+33611223344","consent":{"source":"x"}}"#, 400, "/opt_in"),
            (#"{"profile":"u9","channel":"sms","account":"sms-fr","address":"+33611223344","opt_in":true,"consent":{"source":"x","at":"yesterday"}}"#, 422, "/consent/at"),
            (#"{"profile":"u9","channel":"webpush","account":"web","address":{"endpoint":"https://push.example.com/1"}}"#, 400, "/address/keys"),
        ]
        for endpoint in EndpointPolicyTests.refused.map({ JSONValue.string($0).text.dropFirst().dropLast() }) {
            cases.append((web.replacing("ENDPOINT", with: endpoint), 422, "/address/endpoint"))
        }
        try await TestServer.run { server in
            for (body, status, pointer) in cases {
                let reply = try await server.send("POST", "/v1/subscriptions", body)
                #expect(reply.status == status && reply.pointers.contains(pointer), "\(body): \(reply.text)")
            }
            #expect(try await server.send("GET", "/v1/profiles/u9").status == 404)
            for body in [cases[4].0, cases[5].0] {
                let reply = try await server.send("POST", "/v1/subscriptions", body)
                #expect(reply.text.contains("must be one of apns, fcm, webpush, sms") && reply.pointers == ["/channel"], "\(reply.text)")
            }
            let named = try await server.send("POST", "/v1/subscriptions", cases[2].0)
            #expect(named.text.contains("did you mean \\\"sms-fr\\\"?"))
            // The operator has allowed it for this account.
            let lab = web.replacing("ENDPOINT", with: "http://127.0.0.1:9000/1").replacing(#""account":"web""#, with: #""account":"web-lab""#)
            #expect(try await server.send("POST", "/v1/subscriptions", lab).status == 201)
        }
    }

    @Test func `an id that is none is not found`() async throws {
        try await TestServer.run { server in
            for id in ["sub_0", "sub_99", "seg_1", "1", "sub_-1", "sub_99999999999999999999"] {
                let reply = try await server.send("GET", "/v1/subscriptions/\(id)")
                #expect(reply.status == 404)
            }
        }
    }
}
