import API
import Core
import HTTPServer
import Linux
import Storage
import Testing

@Suite struct LimitTests {
    @Test func `a key over its rate is told when to come back, and others are not concerned`() async throws {
        try await TestServer.run { server in
            let made = try await server.send("POST", "/v1/keys", #"{"name":"slow","scopes":["accounts:admin"],"rate":{"per_second":2,"burst":3}}"#)
            #expect(made.status == 201 && made.json["rate"] == ["per_second": 2, "burst": 3])
            let key = try #require(made.json["key"]?.string)
            for left in [2, 1, 0] {
                let reply = try await server.send("GET", "/v1/accounts", key: key)
                #expect(reply.status == 200 && reply.header("ratelimit-policy") == "\"default\";q=3;w=2")
                #expect(reply.header("ratelimit")?.hasPrefix("\"default\";r=\(left);t=") == true, "\(reply.headers)")
            }
            let over = try await server.send("GET", "/v1/accounts", key: key)
            #expect(over.status == 429 && over.code == "rate_limited" && over.header("retry-after") == "1", "\(over.text)")
            #expect(over.header("ratelimit") == "\"default\";r=0;t=2" && over.header("ratelimit-limit") == "3")
            #expect(over.header("ratelimit-remaining") == "0" && over.header("ratelimit-reset") == "2" && over.header("request-id") != nil)
            #expect(try await server.send("GET", "/v1/accounts").status == 200)
            #expect(try await server.send("GET", "/healthz", key: key).status == 200)
            server.time.advance(milliseconds: 500)
            #expect(try await server.send("GET", "/v1/accounts", key: key).status == 200)
            // Reading the key again from the store, and its rotation, give back nothing.
            let id = try #require(made.json["id"]?.string)
            #expect(try await server.send("POST", "/v1/keys/\(id)/rotate").status == 200)
            #expect(try await server.send("GET", "/v1/accounts", key: key).status == 429)
            // A refusal counts, and says how things stand.
            server.time.advance(milliseconds: 10_000)
            let forbidden = try await server.send("GET", "/v1/keys", key: key)
            #expect(forbidden.status == 403 && forbidden.header("ratelimit")?.hasPrefix("\"default\";r=2;") == true)
            let metrics = try await server.send("GET", "/metrics", key: .some(nil))
            #expect(metrics.text.contains("clairon_rate_limited_requests_total{by=\"key\"} 2\n"))
        }
    }

    @Test func `a key without a rate has the server's`() async throws {
        var limits = TestServer.limits
        limits.rate = KeyRate(perSecond: 1, burst: 2)
        try await TestServer.run(limits: limits) { server in
            let statuses = [try await server.send("GET", "/v1/accounts"), try await server.send("GET", "/v1/keys"), try await server.send("GET", "/v1/keys")].map(\.status)
            #expect(statuses == [200, 200, 429])
        }
    }

    @Test(arguments: [
        (#"{"per_second":0}"#, "/rate/per_second"), (#"{"per_second":1.5}"#, "/rate/per_second"), (#"{}"#, "/rate/per_second"),
        (#"{"per_second":5,"burst":0}"#, "/rate/burst"), (#"{"per_second":5,"brst":1}"#, "/rate/brst"), ("7", "/rate"),
    ])
    func `a rate that cannot be is pointed at`(rate: String, pointer: String) async throws {
        try await TestServer.run { server in
            let reply = try await server.send("POST", "/v1/keys", #"{"name":"x","scopes":["profiles:read"],"rate":\#(rate)}"#)
            #expect(reply.status >= 400 && reply.pointers == [pointer], "\(reply.text)")
        }
    }

    @Test func `wrong keys are turned away unread after so many, right ones that are known are not`() async throws {
        var limits = AccessLimits()
        limits.failuresPerMinute = 5
        try await TestServer.run(limits: limits) { server in
            #expect(try await server.send("GET", "/v1/accounts").status == 200)
            let stranger = try await server.key([.accountsAdmin])
            let unknown = KeyTokenTests.unknown
            for wrong in ["x", unknown, String(server.key.dropLast()), unknown, unknown] {
                #expect(try await server.send("GET", "/v1/accounts", key: wrong).status == 401)
            }
            for wrong in ["x", unknown] {
                let locked = try await server.send("GET", "/v1/accounts", key: wrong)
                #expect(locked.status == 429 && locked.code == "rate_limited" && locked.header("retry-after") == "12", "\(locked.text)")
            }
            #expect(try await server.send("GET", "/v1/accounts").status == 200, "the others behind the same address go on")
            server.time.advance(milliseconds: 61_000)
            for wrong in [unknown, unknown, unknown, unknown, unknown] { _ = try await server.send("GET", "/v1/accounts", key: wrong) }
            #expect(try await server.send("GET", "/v1/accounts").status == 200, "when their key has to be read again too")
            #expect(try await server.send("GET", "/v1/accounts", key: stranger).status == 429, "a key that was never seen has to wait")
            server.time.advance(milliseconds: 12_000)
            for _ in 0..<10 { #expect(try await server.send("GET", "/v1/accounts", key: stranger).status == 200, "what was right is no failure") }
            #expect(try await server.send("GET", "/v1/accounts", key: .some(nil)).status == 401, "no key is no guess")
        }
    }

    @Test func `a client that starts with many requests at once is one attempt`() async throws {
        var limits = AccessLimits()
        limits.failuresPerMinute = 3
        try await TestServer.run(limits: limits) { server in
            let fresh = try await server.key([.accountsAdmin])
            let request = try #require(Request(.GET, "/v1/accounts", headers: [("authorization", "Bearer \(fresh)")]))
            let router = server.api.router
            let statuses = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<200 { group.addTask { await router.respond(to: request).status } }
                return await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(statuses == [200])
        }
    }

    @Test func `behind a trusted proxy each client answers for itself`() async throws {
        var limits = AccessLimits()
        limits.failuresPerMinute = 2
        limits.trustedProxies = [try #require(IPNetwork("127.0.0.1"))]
        try await TestServer.run(limits: limits) { server in
            func attempt(_ from: String) async throws -> Int {
                try await server.send("GET", "/v1/accounts", key: "x", headers: [("x-forwarded-for", from)]).status
            }
            let one = [try await attempt("192.0.2.1"), try await attempt("192.0.2.1"), try await attempt("192.0.2.1")]
            #expect(one == [401, 401, 429])
            #expect(try await attempt("192.0.2.2") == 401)
            #expect(try await attempt("9.9.9.9, 192.0.2.1") == 429, "what the client wrote itself changes nothing")
            let network = [try await attempt("2001:db8::1"), try await attempt("2001:db8::2"), try await attempt("2001:db8::3")]
            #expect(network == [401, 401, 429], "a /64 is one")
        }
    }
}
