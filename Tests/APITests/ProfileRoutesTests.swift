import Core
import Testing

@Suite struct ProfileRoutesTests {
    @Test func `a profile is made, replaced, changed, read and erased`() async throws {
        try await TestServer.run { server in
            let made = try await server.send("PUT", "/v1/profiles/u%201", #"{"attributes":{"tier":"gold","gone":null},"language":"fr","timezone":"Europe/Paris","country":"FR","tags":["vip"],"location":{"lat":48.8,"lon":2}}"#)
            #expect(made.status == 201)
            #expect(made.json["external_id"] == "u 1" && made.json["attributes"] == ["tier": "gold"])
            #expect(made.json["location"] == ["lat": 48.8, "lon": 2.0])
            #expect(made.header("request-id")?.hasPrefix("req_") == true)
            #expect(made.header("cache-control") == "no-store" && made.header("x-content-type-options") == "nosniff")

            let patched = try await server.send("PATCH", "/v1/profiles/u%201", #"{"language":null,"attributes":{"age":41}}"#)
            #expect(patched.status == 200)
            #expect(patched.json["language"] == .null && patched.json["country"] == "FR")
            #expect(patched.json["attributes"] == ["tier": "gold", "age": 41])

            let replaced = try await server.send("PUT", "/v1/profiles/u%201", "{}")
            #expect(replaced.status == 200 && replaced.json["country"] == .null && replaced.json["tags"] == [])
            #expect(try await server.send("GET", "/v1/profiles/u%201").json == replaced.json)
            #expect(try await server.send("DELETE", "/v1/profiles/u%201").status == 204)
            #expect(try await server.send("GET", "/v1/profiles/u%201").status == 404)
            #expect(try await server.send("DELETE", "/v1/profiles/u%201").status == 404)
            #expect(try await server.send("PATCH", "/v1/profiles/u%201", "{}").status == 404)
        }
    }

    /// U+212A (KELVIN SIGN) is K for Swift, and e with an accent behind it is é.
    @Test func `texts are the same when their bytes are`() async throws {
        try await TestServer.run { server in
            let body = #"{"attributes":{"K":1,"\u212a":2},"tags":["caf\u00e9","cafe\u0301"]}"#
            let made = try await server.send("PUT", "/v1/profiles/u1", body)
            #expect(made.json["attributes"]?.object?.members.map(\.value) == [1, 2])
            #expect(made.json["tags"]?.array?.compactMap { $0.string?.utf8.count } == [6, 5])
            let changed = try await server.send("PUT", "/v1/profiles/u1", #"{"tags":["cafe\u0301"]}"#)
            #expect(changed.json["tags"]?.array?.compactMap { $0.string?.utf8.count } == [6])
            let estimate = try await server.send("POST", "/v1/segments/estimate", #"{"condition":{"tag":"caf\u00e9"}}"#)
            #expect(estimate.json["profiles"] == 0)
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let body: String
        let status: Int
        let code: String
        let pointer: String
        var testDescription: String { body }
    }

    static let refusals = [
        Refusal(body: #"{"atributes":{}}"#, status: 400, code: "invalid_request", pointer: "/atributes"),
        Refusal(body: #"{"tags":"vip"}"#, status: 400, code: "invalid_request", pointer: "/tags"),
        Refusal(body: #"{"tags":["a",7]}"#, status: 400, code: "invalid_request", pointer: "/tags/1"),
        Refusal(body: #"{"tags":[""]}"#, status: 422, code: "invalid_value", pointer: "/tags/0"),
        Refusal(body: #"{"attributes":[]}"#, status: 400, code: "invalid_request", pointer: "/attributes"),
        Refusal(body: #"{"language":"not a tag"}"#, status: 422, code: "invalid_value", pointer: "/language"),
        Refusal(body: #"{"timezone":"../../etc/passwd"}"#, status: 422, code: "invalid_value", pointer: "/timezone"),
        Refusal(body: #"{"timezone":"Europe/Pariss"}"#, status: 422, code: "invalid_value", pointer: "/timezone"),
        Refusal(body: #"{"country":"fr"}"#, status: 422, code: "invalid_value", pointer: "/country"),
        Refusal(body: #"{"location":{"lat":91,"lon":2}}"#, status: 422, code: "invalid_value", pointer: "/location/lat"),
        Refusal(body: #"{"location":{"lat":9}}"#, status: 400, code: "invalid_request", pointer: "/location/lon"),
        Refusal(body: #"{"language":"fr","language":"en"}"#, status: 400, code: "invalid_json", pointer: ""),
        Refusal(body: #"{"language":"fr",}"#, status: 400, code: "invalid_json", pointer: ""),
        Refusal(body: "[]", status: 400, code: "invalid_request", pointer: ""),
    ]

    @Test func `what is wrong is named and changes nothing`() async throws {
        try await TestServer.run { server in
            for refusal in Self.refusals {
                let reply = try await server.send("PUT", "/v1/profiles/u1", refusal.body)
                #expect(reply.status == refusal.status && reply.code == refusal.code, "\(refusal.body): \(reply.text)")
                #expect(reply.pointers.contains(refusal.pointer), "\(refusal.body): \(reply.text)")
                #expect(reply.header("content-type") == "application/problem+json")
                #expect(reply.json["request_id"]?.string == reply.header("request-id"))
            }
            #expect(try await server.send("GET", "/v1/profiles/u1").status == 404)
        }
    }

    @Test func `the export holds everything, over several pages`() async throws {
        try await TestServer.run { server in
            _ = try await server.send("PUT", "/v1/profiles/u1", #"{"tags":["vip"]}"#)
            _ = try await server.send("POST", "/v1/subscriptions", #"{"profile":"u1","channel":"sms","account":"sms-fr","address":"+33611223344","opt_in":true}"#)
            for batch in 0..<3 {
                let events = (0..<400).map { #"{"id":"e\#(batch)-\#($0)","profile":"u1","name":"visit"}"# }.joined(separator: ",")
                #expect(try await server.send("POST", "/v1/events", "[\(events)]").status == 200)
            }
            let export = try await server.send("GET", "/v1/profiles/u1/export")
            #expect(export.status == 200)
            #expect(export.json["profile"]?["tags"] == ["vip"])
            #expect(export.json["subscriptions"]?.array?.first?["address"] == "+33611223344")
            #expect(export.json["consents"]?.array?.first?["state"] == "granted")
            #expect(export.json["events"]?.array?.count == 1_200)
            #expect(Set(export.json["events"]?.array?.compactMap { $0["id"]?.string } ?? []).count == 1_200)
            #expect(export.json["webhook_deliveries"] == [])
            #expect(try await server.send("GET", "/v1/profiles/nobody/export").status == 404)
        }
    }
}
