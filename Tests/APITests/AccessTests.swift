import API
import Core
import HTTPServer
import Linux
import Storage
import Testing

@Suite struct AccessTests {
    /// Every path of every endpoint, with something in the place of its parameters.
    private static func target(_ template: String) -> String {
        template.replacing("{external_id}", with: "u1").replacing("{id}", with: "sub_1").replacing("{name}", with: "sms-fr")
    }

    @Test func `every endpoint keeps out who has no key, a wrong one, or one without its scope`() async throws {
        try await TestServer.run { server in
            let app = try await server.appKey().text
            var cut = server.key
            cut.removeLast()
            let unknown = server.key.replacing("clr_1_", with: "clr_2_")
            for endpoint in server.api.endpoints {
                let (method, target) = (endpoint.method.name, Self.target(endpoint.template))
                let scopes: [Scope]
                switch endpoint.access {
                case .open:
                    #expect(try await server.send(method, target, key: .some(nil)).status == 200)
                    continue
                case .server(let needed):
                    scopes = needed
                    #expect(try await server.send(method, target, key: app).code == "app_key_forbidden", "\(method) \(target)")
                case .serverOrApp(let needed):
                    scopes = [needed]
                    #expect(try await server.send(method, target, key: app).status != 403, "\(method) \(target)")
                }
                for wrong in [nil, "", "clr_1_x", cut, unknown] as [String?] {
                    let reply = try await server.send(method, target, key: .some(wrong))
                    #expect(reply.status == 401 && reply.code == "unauthorized" && reply.header("www-authenticate") == "Bearer", "\(method) \(target)")
                }
                let others = try await server.key(Scope.allCases.filter { !scopes.contains($0) })
                let refused = try await server.send(method, target, key: others)
                #expect(refused.status == 403 && refused.code == "missing_scope" && refused.text.contains(scopes[0].rawValue), "\(method) \(target)")
                for scope in scopes {
                    let enough = try await server.key([scope])
                    let reply = try await server.send(method, target, key: enough)
                    #expect(reply.status != 401 && reply.status != 403, "\(method) \(target) with \(scope)")
                }
            }
        }
    }

    /// What has passed is remembered by its text, and for Swift U+212A (KELVIN SIGN) is K.
    @Test func `a text that only looks like a key that has passed is none`() async throws {
        try await TestServer.run { server in
            var key = ""
            while !key.contains("K") { key = try await server.key([.profilesRead]) }
            #expect(try await server.send("GET", "/v1/profiles/u1", key: key).status == 404)
            #expect(try await server.send("GET", "/v1/profiles/u1", key: key.replacing("K", with: "\u{212A}")).status == 401)
        }
    }

    @Test func `a key ends when it expires or is revoked`() async throws {
        try await TestServer.run { server in
            let until = (server.store.now + .seconds(60)).description
            let made = try await server.send("POST", "/v1/keys", #"{"name":"ci","scopes":["profiles:write"],"expires_at":"\#(until)"}"#)
            #expect(made.status == 201)
            let text = try #require(made.json["key"]?.string)
            #expect(try await server.send("PUT", "/v1/profiles/u1", "{}", key: text).status == 201)
            server.time.advance(milliseconds: 60_000)
            #expect(try await server.send("PUT", "/v1/profiles/u1", "{}", key: text).status == 401)

            let second = try await server.send("POST", "/v1/keys", #"{"name":"ci","scopes":["profiles:write"]}"#)
            let (other, id) = (try #require(second.json["key"]?.string), try #require(second.json["id"]?.string))
            #expect(try await server.send("PUT", "/v1/profiles/u1", "{}", key: other).status == 200)
            #expect(try await server.send("DELETE", "/v1/keys/\(id)").status == 204)
            #expect(try await server.send("PUT", "/v1/profiles/u1", "{}", key: other).status == 401)
            #expect(try await server.send("GET", "/v1/keys/\(id)").json["revoked_at"] != .null)
        }
    }

    @Test func `the text of a key is told once`() async throws {
        try await TestServer.run { server in
            let key = [("idempotency-key", "k")]
            let first = try await server.send("POST", "/v1/keys", #"{"name":"app","kind":"app"}"#, headers: key)
            #expect(first.json["key"]?.string?.hasPrefix("clra_") == true && first.json["identity_secret"]?.string?.utf8.count == 64)
            let again = try await server.send("POST", "/v1/keys", #"{"name":"app","kind":"app"}"#, headers: key)
            #expect(again.json["id"] == first.json["id"])
            #expect(again.json["key"] == nil as JSONValue? && again.json["identity_secret"] == nil as JSONValue?)
            let list = try await server.send("GET", "/v1/keys")
            #expect(list.json["data"]?.array?.count == 2 && !list.text.contains("clr_"))
            for (body, pointer) in [
                (#"{"name":"x"}"#, "/scopes"), (#"{"name":"x","scopes":["profiles:wrte"]}"#, "/scopes/0"),
                (#"{"name":"x","kind":"app","scopes":["profiles:write"]}"#, "/scopes"), (#"{"scopes":["profiles:write"]}"#, "/name"),
                (#"{"name":"x","scopes":["profiles:write"],"expires_at":"2020-01-01T00:00:00Z"}"#, "/expires_at"),
            ] {
                let reply = try await server.send("POST", "/v1/keys", body)
                #expect(reply.status >= 400 && reply.pointers.contains(pointer), "\(body): \(reply.text)")
            }
            for scopes in [#"["profiles:wrte"]"#, #"["profiles:wrte","profiles:read"]"#] {
                let unknown = try await server.send("POST", "/v1/keys", #"{"name":"x","scopes":\#(scopes)}"#)
                #expect(unknown.status == 422 && unknown.pointers == ["/scopes/0"], "\(unknown.text)")
            }
            let kind = try await server.send("POST", "/v1/keys", #"{"name":"x","kind":"ap"}"#)
            #expect(kind.status == 422 && kind.pointers == ["/kind"], "\(kind.text)")
        }
    }

    @Test func `an app may speak for the person its backend vouches for`() async throws {
        try await TestServer.run { server in
            let app = try await server.appKey(requiresIdentity: true)
            let secret = try #require(app.row.identityKey)
            let proof = IdentityProof.make(for: "u1", secret: secret)
            let none = try await server.send("POST", "/v1/subscriptions", SubscriptionRoutesTests.registration(), key: app.text)
            #expect(none.status == 403 && none.code == "identity_proof_invalid")
            let right = try await server.send("POST", "/v1/subscriptions", SubscriptionRoutesTests.registration(#","identity_proof":"\#(proof)""#), key: app.text)
            #expect(right.status == 201)
            let stolen = #"{"id":"e","profile":"u2","name":"x","identity_proof":"\#(proof)"}"#
            let refused = try await server.send("POST", "/v1/events", "[\(stolen)]", key: app.text)
            #expect(refused.code == "identity_proof_invalid" && refused.pointers == ["/0/identity_proof"])

            let id = try #require(right.json["id"]?.string)
            let path = "/v1/subscriptions/\(id)/opt-out"
            #expect(try await server.send("POST", path, key: app.text).pointers == ["/address"])
            let bare = try await server.send("POST", path, #"{"address":"aabbccdd11"}"#, key: app.text)
            #expect(bare.code == "identity_proof_invalid" && bare.pointers == ["/identity_proof"])
            let foreign = IdentityProof.make(for: "u2", secret: secret)
            for (address, proof) in [("aabbccdd12", proof), ("aabbccdd11", foreign)] {
                #expect(try await server.send("POST", path, #"{"address":"\#(address)","identity_proof":"\#(proof)"}"#, key: app.text).status == 404)
            }
            #expect(try await server.send("POST", path, #"{"address":"aabbccdd11","identity_proof":"\#(proof)"}"#, key: app.text).json["opt_in"] == false)
        }
    }

    @Test func `the last use of a key is noted by the minute`() async throws {
        try await TestServer.run { server in
            _ = try await server.send("GET", "/v1/accounts")
            // The note is queued behind the request: any later write is answered after it.
            _ = try await server.store.write { try $0.forgetAnswers() }
            let minute = server.store.now.milliseconds / 60_000 * 60_000
            #expect(try await server.send("GET", "/v1/keys/key_1").json["last_used_at"] == .string(Timestamp(milliseconds: minute).description))
        }
    }
}
