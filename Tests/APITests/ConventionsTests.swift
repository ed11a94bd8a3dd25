import API
import Core
import HTTPServer
import Linux
import Storage
import Testing

@Suite struct ConventionsTests {
    @Test func `a body must be JSON of a bearable size`() async throws {
        try await TestServer.run { server in
            let cases: [(String, [(String, String)], Int, String)] = [
                ("{}", [("content-type", "text/plain")], 415, "unsupported_media_type"),
                ("{}", [("content-type", "application/json; charset=latin-1")], 415, "unsupported_media_type"),
                ("{}", [("content-type", "application/json"), ("content-type", "application/json")], 415, "unsupported_media_type"),
                ("{}", [("content-encoding", "gzip")], 415, "content_encoding_unknown"),
                ("{}", [("content-type", "application/json; charset=UTF-8")], 201, ""),
                ("", [], 400, "invalid_json"),
                ("{\"a\"", [], 400, "invalid_json"),
                (String(repeating: "[", count: 100), [], 400, "invalid_json"),
                ("{\"language\":\"" + String(repeating: "x", count: 70_000) + "\"}", [], 413, "payload_too_large"),
                ("{\"language\":\"" + String(repeating: "x", count: 1_100_000) + "\"}", [], 413, "payload_too_large"),
            ]
            for (body, headers, status, code) in cases {
                let reply = try await server.send("PUT", "/v1/profiles/u1", body, headers: headers)
                #expect(reply.status == status, "\(body.prefix(40)) \(headers): \(reply.text)")
                if status >= 400 { #expect(reply.code == code && reply.header("content-type") == "application/problem+json", "\(body.prefix(40)) \(headers): \(reply.text)") }
            }
            let broken = try await server.send("PUT", "/v1/profiles/u1", "{\"a\":}")
            #expect(broken.json["detail"] == "unexpected character at byte 5.")
        }
    }

    @Test func `what is not there and what is not allowed are told apart`() async throws {
        try await TestServer.run { server in
            for (method, target, status) in [("GET", "/v1/nothing", 404), ("POST", "/v1/profiles/u1", 405), ("GET", "/v1/profiles/", 404), ("GET", "/v1/profiles/u1/", 404)] {
                let reply = try await server.send(method, target)
                #expect(reply.status == status && reply.header("content-type") == "application/problem+json", "\(target): \(reply.text)")
                #expect(reply.header("request-id") != nil)
            }
            #expect(try await server.send("HEAD", "/healthz").body.isEmpty)
            #expect(try await server.send("OPTIONS", "/v1/profiles/u1").header("allow") == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT")
        }
    }

    @Test func `a query is as strict as a body`() async throws {
        try await TestServer.run { server in
            _ = try await server.send("PUT", "/v1/profiles/u1", "{}")
            for query in ["limit=0", "limit=1001", "limit=+5", "limit=a", "cursor=zzz", "cursor=", "page=2", "limit=1&limit=2"] {
                let reply = try await server.send("GET", "/v1/profiles/u1/consents?\(query)")
                #expect(reply.status == 400 && reply.code == "invalid_parameter", "\(query): \(reply.text)")
                #expect(reply.pointers == [query.hasPrefix("page") ? "?page" : query.hasPrefix("cursor") ? "?cursor" : "?limit"], "\(reply.text)")
            }
            for (method, body) in [("GET", nil), ("PUT", "{}"), ("PATCH", "{}"), ("DELETE", nil)] as [(String, String?)] {
                let reply = try await server.send(method, "/v1/profiles/u1?foo=1", body)
                #expect(reply.status == 400 && reply.pointers == ["?foo"], "\(method): \(reply.text)")
            }
            #expect(try await server.send("GET", "/healthz?probe=1", key: .some(nil)).status == 200)
        }
    }

    @Test func `what is wrong outside the body is pointed at too`() async throws {
        try await TestServer.run { server in
            let key = try await server.send("POST", "/v1/events", #"{"id":"a","profile":"u1","name":"x"}"#, headers: [("idempotency-key", "a b")])
            #expect(key.code == "invalid_parameter" && key.pointers == ["Idempotency-Key"], "\(key.text)")
            let version = try await server.send("DELETE", "/v1/segments/seg_1", headers: [("if-match", "foo")])
            #expect(version.code == "invalid_parameter" && version.pointers == ["If-Match"], "\(version.text)")
            for (method, path, body) in [("PUT", "/v1/profiles/u1", "{}"), ("POST", "/v1/keys/key_1/rotate", "{}")] {
                for (name, value) in [("If-Match", "\"1\""), ("If-None-Match", "*")] {
                    let reply = try await server.send(method, path, body, headers: [(name.lowercased(), value)])
                    #expect(reply.code == "invalid_parameter" && reply.pointers == [name], "\(reply.text)")
                }
            }
            let part = try await server.send("PUT", "/v1/profiles/u1", "{}", headers: [("content-range", "bytes 0-1/9")])
            #expect(part.code == "invalid_parameter" && part.pointers == ["Content-Range"], "\(part.text)")
            let person = try await server.send("GET", "/v1/profiles/\(String(repeating: "x", count: 257))")
            #expect(person.code == "invalid_parameter" && person.pointers == ["{external_id}"], "\(person.text)")
        }
    }

    @Test func `a body that is too large is told the limit, declared or in chunks`() async throws {
        try await TestServer.run { server in
            let body = "{\"language\":\"" + String(repeating: "x", count: 70_000) + "\"}"
            let chunked = String(body.utf8.count, radix: 16) + "\r\n" + body + "\r\n0\r\n\r\n"
            for reply in [
                try await server.send("PUT", "/v1/profiles/u1", body),
                try await server.send("PUT", "/v1/profiles/u1", chunked, isChunked: true),
            ] {
                #expect(reply.status == 413 && reply.code == "payload_too_large" && reply.json["title"] == "The body is too large")
                #expect(reply.json["detail"] == "The body is too large: this resource takes at most 65536 bytes. Send more through POST /v1/imports.")
            }
        }
    }

    @Test func `a sentence ends once, and names the body by its name`() async throws {
        try await TestServer.run { server in
            let near = try await server.send("PUT", "/v1/profiles/u1", #"{"tag":["a"]}"#)
            #expect(near.json["detail"] == "Nothing was changed: /tag: is not a known field; did you mean \"tags\"?")
            let whole = try await server.send("PUT", "/v1/profiles/u1", "[]")
            #expect(whole.json["detail"] == "Nothing was changed: the body must be an object, not an array.")
        }
    }

    @Test func `a body that nobody wants breaks off before anything has happened`() async throws {
        try await TestServer.run { server in
            _ = try await server.send("PUT", "/v1/profiles/u1", "{}")
            let size = 300_000
            let body = "\(String(size, radix: 16))\r\n\(String(repeating: "x", count: size))\r\nzz\r\n"
            #expect(try await server.send("DELETE", "/v1/profiles/u1", body, isChunked: true).status == 400)
            #expect(try await server.send("GET", "/v1/profiles/u1").status == 200)
            #expect(try await server.send("DELETE", "/v1/profiles/u1", "{}").status == 204)
        }
    }

    @Test func `a repeated POST acts once`() async throws {
        try await TestServer.run { server in
            let body = SubscriptionRoutesTests.registration(#","opt_in":true"#)
            let key = [("idempotency-key", "order-1")]
            let first = try await server.send("POST", "/v1/subscriptions", body, headers: key)
            let again = try await server.send("POST", "/v1/subscriptions", body, headers: key)
            #expect(first.status == 201 && again.status == 201)
            #expect(again.body == first.body)
            #expect(first.header("idempotency-replayed") == nil && again.header("idempotency-replayed") == "true")

            let other = try await server.send("POST", "/v1/subscriptions", SubscriptionRoutesTests.registration(), headers: key)
            #expect(other.status == 422 && other.code == "idempotency_key_reused")
            let elsewhere = try await server.send("POST", "/v1/events", body, headers: key)
            #expect(elsewhere.status == 400)
            // Keys of different API keys have nothing to do with one another.
            let second = try await server.key([.subscriptionsWrite])
            #expect(try await server.send("POST", "/v1/subscriptions", body, key: second, headers: key).status == 200)
            for wrong in ["", "a b", String(repeating: "k", count: 256)] {
                #expect(try await server.send("POST", "/v1/subscriptions", body, headers: [("idempotency-key", wrong)]).status == 400)
            }
        }
    }

    @Test func `a repeat gets the first answer though it would be refused by now`() async throws {
        try await TestServer.run { server in
            let until = (server.store.now + .seconds(60)).description
            let segment = try await server.send("POST", "/v1/segments", #"{"name":"A","condition":{"tag":"x"}}"#).json["id"]?.string ?? ""
            for (path, body) in [
                ("/v1/segments", #"{"name":"B","condition":{"segment":"\#(segment)"}}"#), ("/v1/keys", #"{"name":"ci","scopes":["profiles:read"],"expires_at":"\#(until)"}"#),
            ] {
                let key = [("idempotency-key", path)]
                let first = try await server.send("POST", path, body, headers: key)
                #expect(first.status == 201)
                if path == "/v1/segments" {
                    for id in [first.json["id"]?.string ?? "", segment] { #expect(try await server.send("DELETE", "/v1/segments/\(id)").status == 204) }
                } else {
                    server.time.advance(milliseconds: 60_000)
                }
                #expect(try await server.send("POST", path, body).status == 422)
                let again = try await server.send("POST", path, body, headers: key)
                #expect(again.status == 201 && again.header("idempotency-replayed") == "true", "\(again.text)")
            }
        }
    }

    @Test func `a refusal is not recorded`() async throws {
        try await TestServer.run { server in
            let key = [("idempotency-key", "k")]
            let event = #"{"id":"a","profile":"u1","name":"x"}"#
            #expect(try await server.send("POST", "/v1/events", event, headers: key).status == 422)
            _ = try await server.send("PUT", "/v1/profiles/u1", "{}")
            #expect(try await server.send("POST", "/v1/events", event, headers: key).status == 200)
        }
    }

    @Test func `the same request at the same time is told to wait`() async throws {
        let gate = Gate()
        let slow = RouteGroup("slow", [
            Endpoint(.POST, "/slow", .server(.profilesWrite), "Waits.", results: [(200, .schema("Health"))], idempotency: .required) { call in
                let body = try await call.optionalBody()
                return try await call.once(body) { _ in
                    gate.pass()
                    return Answer(200, ["status": "ok"])
                }
            },
        ])
        try await TestServer.run(adding: [slow]) { server in
            #expect(try await server.send("POST", "/slow", "{}").code == "idempotency_key_required")
            async let first = server.send("POST", "/slow", "{}", headers: [("idempotency-key", "k")])
            await gate.entered()
            let second = try await server.send("POST", "/slow", "{}", headers: [("idempotency-key", "k")])
            #expect(second.status == 409 && second.code == "idempotency_in_progress" && second.header("retry-after") == "1")
            gate.open()
            #expect(try await first.status == 200)
            #expect(try await server.send("POST", "/slow", "{}", headers: [("idempotency-key", "k")]).header("idempotency-replayed") == "true")
        }
    }

    @Test func `an unexpected failure says nothing of its cause`() async throws {
        struct Secret: Error { let token = "hunter2" }
        let broken = RouteGroup("broken", [
            Endpoint(.GET, "/broken", .open, "Fails.", results: [(200, .empty)]) { _ in throw Secret() },
        ])
        try await TestServer.run(adding: [broken]) { server in
            let reply = try await server.send("GET", "/broken", key: .some(nil))
            #expect(reply.status == 500 && reply.code == "internal_error" && !reply.text.contains("hunter2"))
        }
    }
}
