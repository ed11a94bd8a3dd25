import Core
import Testing

@Suite struct SegmentRoutesTests {
    private static let gold = #"{"attribute":"tier","op":"eq","value":"gold"}"#

    private static func fill(_ server: TestServer) async throws {
        for index in 0..<10 {
            let tier = index < 6 ? "gold" : "silver"
            _ = try await server.send("PUT", "/v1/profiles/u\(index)", #"{"attributes":{"tier":"\#(tier)"},"tags":["t\#(index % 2)"]}"#)
        }
        // u0 to u3 have a phone; u3 has not agreed. u0 has an iPhone too, with two tokens.
        for index in 0..<4 {
            _ = try await server.send("POST", "/v1/subscriptions", #"{"profile":"u\#(index)","channel":"sms","account":"sms-fr","address":"+3361122334\#(index)","opt_in":\#(index < 3)}"#)
        }
        for token in ["aabbccdd01", "aabbccdd02"] {
            _ = try await server.send("POST", "/v1/subscriptions", #"{"profile":"u0","channel":"apns","account":"ios-main","address":"\#(token)","opt_in":true}"#)
        }
    }

    @Test func `a segment is made, changed under its ETag, and deleted`() async throws {
        try await TestServer.run { server in
            let made = try await server.send("POST", "/v1/segments", #"{"name":"Gold","condition":\#(Self.gold)}"#)
            #expect(made.status == 201 && made.header("etag") == "\"1\"")
            let id = try #require(made.json["id"]?.string)
            #expect(made.header("location") == "/v1/segments/\(id)")
            #expect(try await server.send("GET", "/v1/segments/\(id)").json == made.json)

            let body = #"{"name":"Gold members","condition":\#(Self.gold)}"#
            let changed = try await server.send("PUT", "/v1/segments/\(id)", body, headers: [("if-match", "\"1\"")])
            #expect(changed.status == 200 && changed.header("etag") == "\"2\"" && changed.json["name"] == "Gold members")
            for malformed in ["1", "foo", "W/\"2\"", "\"", "", "\"1\", \"2\""] {
                let refused = try await server.send("PUT", "/v1/segments/\(id)", body, headers: [("if-match", malformed)])
                #expect(refused.status == 400 && refused.code == "invalid_parameter", "\(malformed)")
            }
            for stale in ["\"1\"", "\"x\"", "\"\""] {
                let late = try await server.send("PUT", "/v1/segments/\(id)", body, headers: [("if-match", stale)])
                #expect(late.status == 412 && late.code == "version_mismatch", "\(stale)")
            }
            #expect(try await server.send("PUT", "/v1/segments/\(id)", body, headers: [("if-match", "*")]).status == 200)
            #expect(try await server.send("PUT", "/v1/segments/\(id)", body).status == 200)

            let user = try await server.send("POST", "/v1/segments", #"{"name":"User","condition":{"not":{"segment":"\#(id)"}}}"#)
            #expect(user.status == 201)
            let blocked = try await server.send("DELETE", "/v1/segments/\(id)")
            #expect(blocked.status == 409 && blocked.code == "conflict")
            let userID = try #require(user.json["id"]?.string)
            #expect(try await server.send("DELETE", "/v1/segments/\(userID)").status == 204)
            #expect(try await server.send("DELETE", "/v1/segments/\(id)", headers: [("if-match", "\"4\"")]).status == 204)
            #expect(try await server.send("GET", "/v1/segments/\(id)").status == 404)
        }
    }

    @Test func `a segment cannot lead back to itself`() async throws {
        try await TestServer.run { server in
            let first = try #require(try await server.send("POST", "/v1/segments", #"{"name":"A","condition":\#(Self.gold)}"#).json["id"]?.string)
            let second = try #require(try await server.send("POST", "/v1/segments", #"{"name":"B","condition":{"segment":"\#(first)"}}"#).json["id"]?.string)
            for target in [first, second] {
                let circle = try await server.send("PUT", "/v1/segments/\(first)", #"{"name":"A","condition":{"or":[{"segment":"\#(target)"},{"tag":"x"}]}}"#)
                #expect(circle.status == 422 && circle.pointers.allSatisfy { $0.hasPrefix("/condition") }, "\(circle.text)")
            }
        }
    }

    @Test func `two changes at once make no circle`() async throws {
        try await TestServer.run { server in
            func make() async throws -> String { try #require(try await server.send("POST", "/v1/segments", #"{"name":"A","condition":\#(Self.gold)}"#).json["id"]?.string) }
            let (first, second) = (try await make(), try await make())
            func lead(_ id: String, to other: String) async throws -> Int {
                try await server.send("PUT", "/v1/segments/\(id)", #"{"name":"A","condition":{"segment":"\#(other)"}}"#).status
            }
            for _ in 0..<20 {
                async let one = lead(first, to: second)
                async let other = lead(second, to: first)
                #expect(try await [one, other].sorted() == [200, 422])
                for id in [first, second] { #expect(try await server.send("GET", "/v1/segments/\(id)/members").status == 200) }
                for id in [first, second] { _ = try await server.send("PUT", "/v1/segments/\(id)", #"{"name":"A","condition":\#(Self.gold)}"#) }
            }
        }
    }

    @Test func `a segment does not become too large for those who name it`() async throws {
        try await TestServer.run { server in
            func condition(_ count: Int, _ more: String = "") -> String {
                #"{"or":[\#(((0..<count).map { #"{"tag":"t\#($0)"}"# } + (more.isEmpty ? [] : [more])).joined(separator: ","))]}"#
            }
            func make(_ condition: String) async throws -> String {
                try #require(try await server.send("POST", "/v1/segments", #"{"name":"A","condition":\#(condition)}"#).json["id"]?.string)
            }
            let base = try await make(condition(100))
            let middle = try await make(condition(150, #"{"segment":"\#(base)"}"#))
            let top = try await make(condition(150, #"{"segment":"\#(middle)"}"#))
            let refused = try await server.send("PUT", "/v1/segments/\(base)", #"{"name":"A","condition":\#(condition(199))}"#)
            #expect(refused.status == 422 && refused.pointers == ["/condition"] && refused.text.contains(top), "\(refused.text)")
            #expect(try await server.send("GET", "/v1/segments/\(base)").json["version"] == 1)
            #expect(try await server.send("GET", "/v1/segments/\(top)/members").status == 200)
            #expect(try await server.send("PUT", "/v1/segments/\(base)", #"{"name":"A","condition":\#(condition(190))}"#).status == 200)
        }
    }

    @Test func `segments lead through one another only so far`() async throws {
        try await TestServer.run { server in
            var (condition, depth) = (Self.gold, 0)
            while depth < 30 {
                let reply = try await server.send("POST", "/v1/segments", #"{"name":"A","condition":\#(condition)}"#)
                guard let id = reply.json["id"]?.string else {
                    #expect(reply.status == 422 && reply.pointers == ["/condition/segment"], "\(reply.text)")
                    break
                }
                (condition, depth) = (#"{"segment":"\#(id)"}"#, depth + 1)
            }
            #expect(depth == 17)
        }
    }

    @Test func `an estimate counts people, and those who can be reached`() async throws {
        try await TestServer.run { server in
            try await Self.fill(server)
            let estimate = try await server.send("POST", "/v1/segments/estimate", #"{"condition":\#(Self.gold)}"#)
            #expect(estimate.status == 200)
            #expect(estimate.json["profiles"] == 6 && estimate.json["exact"] == true)
            #expect(estimate.json["reachable"] == ["apns": 1, "sms": 3])
            let some = try await server.send("POST", "/v1/segments/estimate", #"{"condition":{"and":[\#(Self.gold),{"tag":"t1"}]}}"#)
            #expect(some.json["profiles"] == 3 && some.json["reachable"] == ["sms": 1])
        }
    }

    @Test func `members come page by page, each once`() async throws {
        try await TestServer.run { server in
            try await Self.fill(server)
            let id = try #require(try await server.send("POST", "/v1/segments", #"{"name":"Gold","condition":\#(Self.gold)}"#).json["id"]?.string)
            var found: [String] = []
            var cursor = ""
            while true {
                let page = try await server.send("GET", "/v1/segments/\(id)/members?limit=4\(cursor)")
                found += page.json["data"]?.array?.compactMap { $0["profile"]?.string } ?? []
                guard let next = page.json["next_cursor"]?.string else { break }
                cursor = "&cursor=\(next)"
            }
            #expect(found == (0..<6).map { "u\($0)" })
        }
    }

    @Test func `an explanation gives the verdict of each statement`() async throws {
        try await TestServer.run { server in
            try await Self.fill(server)
            let reply = try await server.send("POST", "/v1/segments/explain", #"{"profile":"u3","condition":{"and":[\#(Self.gold),{"not":{"subscribed":{"channel":"sms"}}},{"tag":"t0"}]}}"#)
            #expect(reply.status == 200 && reply.json["matches"] == false)
            let conditions = reply.json["conditions"]?.array ?? []
            #expect(conditions.compactMap { $0["pointer"]?.string } == ["/and/0", "/and/1/not", "/and/2"])
            #expect(conditions.compactMap { $0["matches"]?.bool } == [true, false, false])
            let nobody = try await server.send("POST", "/v1/segments/explain", #"{"profile":"nobody","condition":\#(Self.gold)}"#)
            #expect(nobody.status == 422 && nobody.pointers == ["/profile"])
        }
    }

    @Test func `a wrong condition is named by its place and nothing is stored`() async throws {
        try await TestServer.run { server in
            let cases: [(String, String)] = [
                (#"{"name":"x"}"#, "/condition"),
                (#"{"name":"x","condition":[]}"#, "/condition"),
                (#"{"name":"x","condition":{"and":[{"attribut":"tier","op":"eq","value":"gold"}]}}"#, "/condition/and/0"),
                (#"{"name":"x","condition":{"attribute":"tier","op":"equals","value":"gold"}}"#, "/condition/op"),
                (#"{"name":"x","condition":{"segment":"seg_99"}}"#, "/condition/segment"),
                (#"{"name":"x","condition":{"tag":"a"},"nam":1}"#, "/nam"),
            ]
            for (body, pointer) in cases {
                let reply = try await server.send("POST", "/v1/segments", body)
                #expect((400...422).contains(reply.status) && reply.pointers.contains { $0.hasPrefix(pointer) }, "\(body): \(reply.text)")
            }
            #expect(try await server.send("GET", "/v1/segments").json["data"] == [])
            let estimate = try await server.send("POST", "/v1/segments/estimate", #"{"condition":{"segment":"seg_99"}}"#)
            #expect(estimate.status == 422 && estimate.pointers.allSatisfy { $0.hasPrefix("/condition") }, "\(estimate.text)")
        }
    }

    @Test func `a campaign that is not there is refused wherever a condition is taken`() async throws {
        try await TestServer.run { server in
            _ = try await server.send("PUT", "/v1/profiles/u1", "{}")
            let condition = #"{"and":[{"tag":"a"},{"campaign":"cmp_777","state":"accepted"}]}"#
            for (path, body) in [
                ("/v1/segments", #"{"name":"x","condition":\#(condition)}"#), ("/v1/segments/estimate", #"{"condition":\#(condition)}"#),
                ("/v1/segments/explain", #"{"profile":"u1","condition":\#(condition)}"#),
            ] {
                let reply = try await server.send("POST", path, body)
                #expect(reply.status == 422 && reply.pointers == ["/condition/and/1/campaign"], "\(path): \(reply.text)")
                #expect(reply.text.contains("unknown_campaign"))
            }
        }
    }
}
