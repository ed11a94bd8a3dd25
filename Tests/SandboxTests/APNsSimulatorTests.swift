import Core
import OpenSSL
import Testing

@testable import Sandbox

@Suite struct APNsSimulatorTests {
    static let token = String(repeating: "0a", count: 32)
    static let alert: JSONValue = ["aps": ["alert": ["title": "Bonjour", "body": "C'est parti"]], "url": "https://shop.example/"]

    static func simulator(_ change: (inout SandboxSettings.APNs) -> Void = { _ in }) throws -> APNsSimulator {
        let world = try Fixture.world.get()
        var settings = SandboxSettings.APNs()
        change(&settings)
        let key = APNsKey(keyID: world.apnsKeyID, teamID: world.teamID, publicKey: try world.apnsKey.publicKey)
        return APNsSimulator(settings: settings, keys: [key], ids: Fixture.ids, isKnown: { _ in true })
    }

    static func bearer(_ change: (inout JSONObject, inout JSONObject) -> Void = { _, _ in }, key: P256.SigningKey? = nil) throws -> String {
        let world = try Fixture.world.get()
        var header: JSONObject = ["alg": "ES256", "kid": .string(world.apnsKeyID)]
        var claims: JSONObject = ["iss": .string(world.teamID), "iat": .int(Fixture.now.seconds - 60)]
        change(&header, &claims)
        return "bearer " + (try Fixture.jwt(.object(header), .object(claims), key ?? world.apnsKey))
    }

    static func right() throws -> ProviderRequest {
        ProviderRequest("POST", ["3", "device", token], headers: [
            ("authorization", try bearer()), ("apns-topic", "com.example.shop"), ("apns-push-type", "alert"),
            ("apns-priority", "10"), ("apns-expiration", "1790003600"), ("apns-collapse-id", "cmp_12"),
            ("apns-id", "123e4567-e89b-82d3-a456-426614174000"),
        ], body: alert.bytes)
    }

    @Test func `takes a right request and echoes its id`() throws {
        let verdict = try Self.simulator().judge(Self.right(), now: Fixture.now)
        #expect(verdict.answer.status == 200)
        #expect(verdict.answer.body.isEmpty)
        #expect(verdict.answer.header("apns-id") == "123e4567-e89b-82d3-a456-426614174000")
        #expect(verdict.isTaken)
        #expect(verdict.items == [Verdict.Item(
            address: Self.token, key: "123e4567-e89b-82d3-a456-426614174000", collapse: "cmp_12", text: "Bonjour\nC'est parti")])
    }

    typealias Case = Deviation<(Int, String)>

    static func payload(_ value: JSONValue) -> @Sendable (inout ProviderRequest) throws -> Void { { $0.body = value.bytes } }

    static let deviations: [Case] = [
        Case("GET", (405, "MethodNotAllowed")) { $0.method = "GET" },
        Case("another path", (404, "BadPath")) { $0.segments = ["4", "device", token] },
        Case("no token", (400, "MissingDeviceToken")) { $0.segments = ["3", "device"] },
        Case("an empty token", (400, "MissingDeviceToken")) { $0.segments = ["3", "device", ""] },
        Case("a short token", (400, "BadDeviceToken")) { $0.segments[2] = String(token.dropLast()) },
        Case("a token with a g", (400, "BadDeviceToken")) { $0.segments[2] = "g" + token.dropFirst() },
        Case("no authorization", (403, "MissingProviderToken")) { $0.set("authorization", nil) },
        Case("basic authorization", (403, "InvalidProviderToken")) { $0.set("authorization", "Basic YTpi") },
        Case("no JWT", (403, "InvalidProviderToken")) { $0.set("authorization", "bearer abc") },
        Case("another key", (403, "InvalidProviderToken")) { $0.set("authorization", try bearer(key: .generate())) },
        Case("unknown kid", (403, "InvalidProviderToken")) { $0.set("authorization", try bearer { h, _ in h["kid"] = "ABCDEFGHIJ" }) },
        Case("no kid", (403, "InvalidProviderToken")) { $0.set("authorization", try bearer { h, _ in h["kid"] = nil }) },
        Case("alg none", (403, "InvalidProviderToken")) { $0.set("authorization", try bearer { h, _ in h["alg"] = "none" }) },
        Case("another team", (403, "InvalidProviderToken")) { $0.set("authorization", try bearer { _, c in c["iss"] = "ABCDEFGHIJ" }) },
        Case("no iat", (403, "InvalidProviderToken")) { $0.set("authorization", try bearer { _, c in c["iat"] = nil }) },
        Case("iat as a string", (403, "InvalidProviderToken")) { $0.set("authorization", try bearer { _, c in c["iat"] = "1790000000" }) },
        Case("iat in the future", (403, "InvalidProviderToken")) {
            $0.set("authorization", try bearer { _, c in c["iat"] = .int(Fixture.now.seconds + 1) })
        },
        Case("iat over an hour old", (403, "ExpiredProviderToken")) {
            $0.set("authorization", try bearer { _, c in c["iat"] = .int(Fixture.now.seconds - 3_601) })
        },
        Case("no topic", (400, "MissingTopic")) { $0.set("apns-topic", nil) },
        Case("a topic with a space", (400, "BadTopic")) { $0.set("apns-topic", "com.example shop") },
        Case("another app's topic", (400, "TopicDisallowed")) { $0.set("apns-topic", "com.example.other") },
        Case("an unknown push type", (400, "InvalidPushType")) { $0.set("apns-push-type", "promo") },
        Case("a type of another topic", (400, "InvalidPushType")) { $0.set("apns-push-type", "voip") },
        Case("a topic of another type", (400, "InvalidPushType")) { $0.set("apns-topic", "com.example.shop.voip") },
        Case("background with an alert", (400, "InvalidPushType")) {
            $0.set("apns-push-type", "background")
            $0.set("apns-priority", "5")
        },
        Case("an alert with nothing to show", (400, "InvalidPushType"), payload(["aps": ["content-available": 1]])),
        Case("priority 7", (400, "BadPriority")) { $0.set("apns-priority", "7") },
        Case("priority as a word", (400, "BadPriority")) { $0.set("apns-priority", "high") },
        Case("background with priority 10", (400, "BadPriority")) {
            $0.set("apns-push-type", "background")
            $0.body = (["aps": ["content-available": 1]] as JSONValue).bytes
        },
        Case("background with the default priority", (400, "BadPriority")) {
            $0.set("apns-push-type", "background")
            $0.set("apns-priority", nil)
            $0.body = (["aps": ["content-available": 1]] as JSONValue).bytes
        },
        Case("an expiration that is a date", (400, "BadExpirationDate")) { $0.set("apns-expiration", "tomorrow") },
        Case("a negative expiration", (400, "BadExpirationDate")) { $0.set("apns-expiration", "-1") },
        Case("a collapse id of 65 bytes", (400, "BadCollapseId")) { $0.set("apns-collapse-id", String(repeating: "é", count: 32) + "x") },
        Case("an id that is no UUID", (400, "BadMessageId")) { $0.set("apns-id", "12") },
        Case("an id in capitals", (400, "BadMessageId")) { $0.set("apns-id", "123E4567-E89B-82D3-A456-426614174000") },
        Case("two topics", (400, "DuplicateHeaders")) { $0.headers.append(("apns-topic", "com.example.shop")) },
        Case("no payload", (400, "PayloadEmpty")) { $0.body = [] },
        Case("a payload that is no JSON", (400, "PayloadEmpty")) { $0.body = Array("hello".utf8) },
        Case("a payload without aps", (400, "PayloadEmpty"), payload(["alert": "hello"])),
        Case("a payload of 4097 bytes", (413, "PayloadTooLarge"),
             payload(["aps": ["alert": .string(String(repeating: "a", count: 4_077))]])),
    ]

    @Test(arguments: deviations) func `refuses with Apple's reason`(_ deviation: Case) throws {
        var request = try Self.right()
        try deviation.change(&request)
        let verdict = try Self.simulator().judge(request, now: Fixture.now)
        #expect(verdict.answer.status == deviation.answer.0)
        #expect(verdict.answer.json == ["reason": .string(deviation.answer.1)])
        #expect(!verdict.isTaken)
    }

    static let variations: [Deviation<String>] = [
        Deviation("the largest payload", "alert", payload(["aps": ["alert": .string(String(repeating: "a", count: 4_076))]])),
        Deviation("an upper-case token", "alert") { $0.segments[2] = token.uppercased() },
        Deviation("a token of an hour ago", "alert") {
            $0.set("authorization", try bearer { _, c in c["iat"] = .int(Fixture.now.seconds - 3_600) })
        },
        Deviation("a background push", "background") {
            $0.set("apns-push-type", "background")
            $0.set("apns-priority", "5")
            $0.body = (["aps": ["content-available": 1]] as JSONValue).bytes
        },
        Deviation("a call", "voip") {
            $0.set("apns-push-type", "voip")
            $0.set("apns-topic", "com.example.shop.voip")
            $0.body = (["aps": [:], "caller": .string(String(repeating: "a", count: 5_000))] as JSONValue).bytes
        },
        Deviation("a live activity", "liveactivity") {
            $0.set("apns-push-type", "liveactivity")
            $0.set("apns-topic", "com.example.shop.push-type.liveactivity")
            $0.body = (["aps": ["timestamp": 1, "event": "update", "content-state": [:]]] as JSONValue).bytes
        },
        Deviation("no optional headers", "") {
            for name in ["apns-push-type", "apns-priority", "apns-expiration", "apns-collapse-id", "apns-id"] { $0.set(name, nil) }
        },
    ]

    @Test(arguments: variations) func `takes what Apple takes`(_ variation: Deviation<String>) throws {
        var request = try Self.right()
        try variation.change(&request)
        let verdict = try Self.simulator().judge(request, now: Fixture.now)
        #expect(verdict.answer.status == 200, "\(String(decoding: verdict.answer.body, as: UTF8.self))")
        #expect(APNsSimulator.isMessageID(verdict.answer.header("apns-id") ?? ""))
    }

    @Test func `counts new provider tokens per key, and lets known ones pass`() throws {
        let simulator = try Self.simulator { $0.freshProviderTokens = 2 }
        let tokens = try (0..<3).map { _ in try Self.bearer() }
        func status(_ token: String, _ now: Timestamp) throws -> Int {
            var request = try Self.right()
            request.set("authorization", token)
            return simulator.judge(request, now: now).answer.status
        }
        #expect(try status(tokens[0], Fixture.now) == 200)
        #expect(try status(tokens[1], Fixture.now) == 200)
        #expect(try status(tokens[2], Fixture.now) == 429)
        #expect(try status(tokens[0], Fixture.now) == 200)
        #expect(try status(tokens[2], Fixture.now + .seconds(1_200)) == 200)
    }

    @Test func `says since when a token is dead, in milliseconds`() throws {
        let simulator = try Self.simulator()
        let verdict = simulator.judge(try Self.right(), now: Fixture.now)
        let answer = simulator.answer(to: .gone, verdict, now: Fixture.now)
        #expect(answer?.status == 410)
        #expect(answer?.json == ["reason": "Unregistered", "timestamp": .int(Fixture.now.milliseconds)])
        #expect(simulator.answer(to: .named("Shutdown"), verdict, now: Fixture.now)?.status == 503)
        #expect(simulator.answer(to: .named("Nonsense"), verdict, now: Fixture.now) == nil)
    }

    @Test func `remarks on what a device would ignore`() throws {
        var request = try Self.right()
        request.body = (["aps": ["alert": "a", "badge": "1", "url": "x"]] as JSONValue).bytes
        let remarks = try Self.simulator().judge(request, now: Fixture.now).items[0].remarks
        #expect(remarks == ["aps.badge has the wrong type: it is ignored", "aps.url is not a key that Apple knows: it is ignored"])
    }
}
