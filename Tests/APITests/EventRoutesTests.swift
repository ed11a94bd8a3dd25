import Core
import Linux
import Storage
import Testing

@Suite struct EventRoutesTests {
    @Test func `each event gets its own answer`() async throws {
        try await TestServer.run { server in
            _ = try await server.send("PUT", "/v1/profiles/u1", "{}")
            let one = #"{"id":"evt-1","profile":"u1","name":"purchase","at":"2025-06-01T10:00:00Z","properties":{"product":"sku-1","amount":39.9}}"#
            let first = try await server.send("POST", "/v1/events", one)
            #expect(first.status == 200)
            #expect(first.json == ["data": [["id": "evt-1", "status": "accepted"]], "accepted": 1, "duplicates": 0, "refused": 0])
            let mixed = try await server.send("POST", "/v1/events", #"[\#(one),{"id":"evt-2","profile":"nobody","name":"visit"},{"id":"evt-3","profile":"u1","name":"visit"}]"#)
            #expect(mixed.status == 207)
            #expect(mixed.json["data"]?.array?.compactMap { $0["status"]?.string } == ["duplicate", "unknown_profile", "accepted"])
            #expect(try await server.send("GET", "/v1/profiles/u1").json["last_seen_at"] == .string(server.store.now.description))
        }
    }

    @Test func `one malformed event refuses them all`() async throws {
        try await TestServer.run { server in
            _ = try await server.send("PUT", "/v1/profiles/u1", "{}")
            let cases: [(String, Int, String)] = [
                (#"[{"id":"a","profile":"u1","name":"x"},{"id":"b","profile":"u1"}]"#, 400, "/1/name"),
                (#"[{"id":"a","profile":"u1","name":"x"},7]"#, 400, "/1"),
                (#"{"id":"a","profile":"u1","name":"x","at":"2099-01-01T00:00:00Z"}"#, 422, "/at"),
                (#"{"id":"a","profile":"u1","name":"x","propertys":{}}"#, 400, "/propertys"),
                (#"{"id":"a","profile":"nobody","name":"x"}"#, 422, "/profile"),
                // The first problems are told though there are too many.
                ("[" + (0..<80).map { #"{"id":"\#($0)","profile":"u1"}"# }.joined(separator: ",") + "]", 400, "/0/name"),
                ("[]", 422, ""),
                ("[" + (0..<501).map { #"{"id":"\#($0)","profile":"u1","name":"x"}"# }.joined(separator: ",") + "]", 422, ""),
            ]
            for (body, status, pointer) in cases {
                let reply = try await server.send("POST", "/v1/events", body)
                #expect(reply.status == status && reply.pointers.contains(pointer), "\(body.prefix(80)): \(reply.text)")
            }
            #expect(try await server.send("POST", "/v1/events", #"{"id":"a","profile":"u1","name":"x"}"#).json["accepted"] == 1)
        }
    }
}
