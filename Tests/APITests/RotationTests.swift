import API
import Core
import Linux
import Storage
import Testing

@Suite struct RotationTests {
    @Test func `the former secret works on for its grace`() async throws {
        try await TestServer.run { server in
            let (id, first) = try await Self.make(server)
            let rotated = try await server.send("POST", "/v1/keys/\(id)/rotate", #"{"grace":"PT1H"}"#)
            let second = try #require(rotated.json["key"]?.string)
            #expect(rotated.status == 200 && second != first && second.hasPrefix("clr_") && KeyToken(second)?.id == KeyToken(first)?.id)
            #expect(rotated.json["previous_secret_until"] == .string((server.store.now + .seconds(3_600)).description))
            for key in [first, second] { #expect(try await server.send("GET", "/v1/accounts", key: key).status == 200) }
            server.time.advance(milliseconds: 3_600_000 - 1)
            #expect(try await server.send("GET", "/v1/accounts", key: first).status == 200)
            server.time.advance(milliseconds: 1)
            #expect(try await server.send("GET", "/v1/accounts", key: first).status == 401)
            #expect(try await server.send("GET", "/v1/accounts", key: second).status == 200)
        }
    }

    @Test func `without a grace a day, with none at once, and a second rotation ends the first`() async throws {
        try await TestServer.run { server in
            let (id, first) = try await Self.make(server)
            let second = try #require(try await server.send("POST", "/v1/keys/\(id)/rotate").json["key"]?.string)
            let shown = try await server.send("GET", "/v1/keys/\(id)")
            #expect(shown.json["previous_secret_until"] == .string((server.store.now + .seconds(86_400)).description) && !shown.text.contains("clr_"))
            let third = try #require(try await server.send("POST", "/v1/keys/\(id)/rotate", "{}").json["key"]?.string)
            let statuses = [try await server.send("GET", "/v1/accounts", key: first), try await server.send("GET", "/v1/accounts", key: second),
                            try await server.send("GET", "/v1/accounts", key: third)].map(\.status)
            #expect(statuses == [401, 200, 200])
            let fourth = try await server.send("POST", "/v1/keys/\(id)/rotate", #"{"grace":"PT0S"}"#)
            #expect(fourth.json["previous_secret_until"] == .null)
            #expect(try await server.send("GET", "/v1/accounts", key: third).status == 401)
            #expect(try await server.send("GET", "/v1/accounts", key: fourth.json["key"]?.string).status == 200)
            #expect(try await server.send("DELETE", "/v1/keys/\(id)").status == 204)
            #expect(try await server.send("GET", "/v1/accounts", key: fourth.json["key"]?.string).status == 401)
            #expect(try await server.send("POST", "/v1/keys/\(id)/rotate").code == "conflict")
        }
    }

    @Test func `a repeat rotates once and tells nothing`() async throws {
        try await TestServer.run { server in
            let (id, first) = try await Self.make(server)
            let once = [("idempotency-key", "r")]
            let key = try #require(try await server.send("POST", "/v1/keys/\(id)/rotate", headers: once).json["key"]?.string)
            let again = try await server.send("POST", "/v1/keys/\(id)/rotate", headers: once)
            #expect(again.status == 200 && again.header("idempotency-replayed") == "true" && !again.text.contains("clr_"))
            for key in [first, key] { #expect(try await server.send("GET", "/v1/accounts", key: key).status == 200) }
        }
    }

    @Test func `an app key keeps the secret of its proofs`() async throws {
        try await TestServer.run { server in
            let app = try await server.appKey(requiresIdentity: true)
            let rotated = try await server.send("POST", "/v1/keys/\(app.row.id)/rotate")
            let key = try #require(rotated.json["key"]?.string)
            #expect(key.hasPrefix("clra_") && rotated.json["identity_secret"] == nil as JSONValue?)
            let proof = IdentityProof.make(for: "u1", secret: try #require(app.row.identityKey))
            #expect(try await server.send("POST", "/v1/subscriptions", SubscriptionRoutesTests.registration(#","identity_proof":"\#(proof)""#), key: key).status == 201)
        }
    }

    @Test(arguments: [(#"{"grace":"P31D"}"#, 422, "/grace"), (#"{"grace":"1h"}"#, 422, "/grace"), (#"{"grace":3600}"#, 400, "/grace"), (#"{"gracs":"PT1H"}"#, 400, "/gracs")])
    func `a grace that cannot be changes nothing`(body: String, status: Int, pointer: String) async throws {
        try await TestServer.run { server in
            let (id, first) = try await Self.make(server)
            let reply = try await server.send("POST", "/v1/keys/\(id)/rotate", body)
            #expect(reply.status == status && reply.pointers == [pointer], "\(reply.text)")
            #expect(try await server.send("GET", "/v1/accounts", key: first).status == 200)
            #expect(try await server.send("POST", "/v1/keys/key_99/rotate").status == 404)
        }
    }

    private static func make(_ server: TestServer) async throws -> (id: String, key: String) {
        let made = try await server.send("POST", "/v1/keys", #"{"name":"ci","scopes":["accounts:admin"]}"#)
        return (try #require(made.json["id"]?.string), try #require(made.json["key"]?.string))
    }
}
