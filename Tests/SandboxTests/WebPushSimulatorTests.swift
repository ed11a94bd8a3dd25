import Core
import OpenSSL
import Testing

@testable import Sandbox

@Suite struct WebPushSimulatorTests {
    static func simulator() throws -> WebPushSimulator {
        let world = try Fixture.world.get()
        return WebPushSimulator(book: world.book, applicationServerKey: world.vapidKey.publicPoint, ids: Fixture.ids)
    }

    static func vapid(
        key: P256.SigningKey? = nil, k: String? = nil, _ change: (inout JSONObject, inout JSONObject) -> Void = { _, _ in }
    ) throws -> String {
        let world = try Fixture.world.get()
        var header: JSONObject = ["typ": "JWT", "alg": "ES256"]
        var claims: JSONObject = [
            "aud": .string(Fixture.origin), "exp": .int(Fixture.now.seconds + 43_200), "sub": "mailto:ops@example.com",
        ]
        change(&header, &claims)
        let token = try Fixture.jwt(.object(header), .object(claims), key ?? world.vapidKey)
        return "vapid t=\(token), k=\(k ?? Base64URL.encode((key ?? world.vapidKey).publicPoint))"
    }

    /// RFC 8291 by hand, from the sender's side.
    static func encrypt(
        _ text: String, for index: Int, recordSize: [UInt8] = [0, 0, 16, 0], delimiter: UInt8 = 2, padding: Int = 0
    ) throws -> [UInt8] {
        let subscription = try Fixture.world.get().book.webPush(index, origin: Fixture.origin)
        let browser = try #require(Base64URL.decode(subscription.p256dh))
        let auth = try #require(Base64URL.decode(subscription.auth))
        var agreement = try P256.Agreement()
        let sender = agreement.publicPoint
        let shared = try #require(try agreement.sharedSecret(with: browser))
        let salt = SecureRandom.bytes(16)
        let material = HMAC.sha256(
            key: HMAC.sha256(key: auth, message: shared), message: Array("WebPush: info\0".utf8) + browser + sender + [1])
        let base = HMAC.sha256(key: salt, message: material)
        let key = HMAC.sha256(key: base, message: Array("Content-Encoding: aes128gcm\0\u{1}".utf8)).prefix(16)
        let nonce = HMAC.sha256(key: base, message: Array("Content-Encoding: nonce\0\u{1}".utf8)).prefix(12)
        var body = salt + recordSize + [65] + sender
        var cipher = AESGCM()
        let plaintext = Array(text.utf8) + [delimiter] + [UInt8](repeating: 0, count: padding)
        try cipher.seal(plaintext, key: Array(key), nonce: Array(nonce), to: &body)
        return body
    }

    static func path(_ index: Int) throws -> [String] {
        let endpoint = try Fixture.world.get().book.webPush(index, origin: Fixture.origin).endpoint
        return endpoint.dropFirst(Fixture.origin.count + 1).split(separator: "/").map(String.init)
    }

    static func right() throws -> ProviderRequest {
        ProviderRequest("POST", try path(7), headers: [
            ("ttl", "3600"), ("urgency", "high"), ("topic", "cmp_12"), ("content-encoding", "aes128gcm"),
            ("authorization", try vapid()),
        ], body: try encrypt("Bonjour à tous", for: 7), origin: Fixture.origin)
    }

    @Test func `decrypts the example of RFC 8291`() throws {
        let browser = try BrowserKeys(scalars: [try #require(Base64URL.decode("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))])
        let body = try #require(Base64URL.decode(
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
                + "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"))
        let auth = try #require(Base64URL.decode("BTBZMqHH6r4Tts7J_aSIgg"))
        let plaintext = browser.decrypt(body, index: 0, auth: auth)
        #expect(plaintext == Array("When I grow up, I want to be a watermelon".utf8))
    }

    @Test func `takes a right message and reads it`() throws {
        let verdict = try Self.simulator().judge(Self.right(), now: Fixture.now)
        #expect(verdict.answer.status == 201, "\(String(decoding: verdict.answer.body, as: UTF8.self))")
        #expect(verdict.answer.header("location")?.hasPrefix(Fixture.origin + "/m/") == true)
        #expect(verdict.answer.header("ttl") == "3600")
        #expect(verdict.items[0].text == "Bonjour à tous")
        #expect(verdict.items[0].collapse == "cmp_12")
        #expect(verdict.items[0].address == (try Fixture.world.get().book.webPush(7, origin: Fixture.origin).endpoint))
    }

    /// Status and errno.
    typealias Case = Deviation<[Int]>

    static func claim(_ name: String, _ value: JSONValue?) -> @Sendable (inout ProviderRequest) throws -> Void {
        { $0.set("authorization", try vapid { _, claims in claims[name] = value }) }
    }

    static let deviations: [Case] = [
        Case("an unknown subscription", [404, 102]) { $0.segments[1] = Base64URL.encode(SecureRandom.bytes(32)) },
        Case("no subscription", [404, 102]) { $0.segments = ["wpush"] },
        Case("no TTL", [400, 111]) { $0.set("ttl", nil) },
        Case("a TTL that is a word", [400, 112]) { $0.set("ttl", "1h") },
        Case("a negative TTL", [400, 114]) { $0.set("ttl", "-1") },
        Case("two TTLs", [400, 111]) { $0.headers.append(("ttl", "60")) },
        Case("an unknown urgency", [400, 111]) { $0.set("urgency", "urgent") },
        Case("two urgencies", [400, 111]) { $0.headers.append(("urgency", "low")) },
        Case("a topic of 33 characters", [400, 113]) { $0.set("topic", String(repeating: "a", count: 33)) },
        Case("a topic with a dot", [400, 113]) { $0.set("topic", "a.b") },
        Case("no VAPID", [401, 109]) { $0.set("authorization", nil) },
        Case("a bearer token", [401, 109]) { $0.set("authorization", "Bearer x") },
        Case("no k", [401, 109]) { $0.set("authorization", "vapid t=x") },
        Case("a padded k", [401, 109]) { request in
            let point = try Fixture.world.get().vapidKey.publicPoint
            request.set("authorization", try vapid(k: Base64URL.encode(point) + "="))
        },
        Case("another sender's key", [401, 109]) { $0.set("authorization", try vapid(key: .generate())) },
        Case("a signature by another key", [401, 109]) { request in
            let point = try Fixture.world.get().vapidKey.publicPoint
            request.set("authorization", try vapid(key: .generate(), k: Base64URL.encode(point)))
        },
        Case("another alg", [401, 109]) { $0.set("authorization", try vapid { header, _ in header["alg"] = "HS256" }) },
        Case("another origin", [401, 109], claim("aud", "https://push.example.net")),
        Case("an origin with a slash", [401, 109], claim("aud", .string(Fixture.origin + "/"))),
        Case("no exp", [401, 109], claim("exp", nil)),
        Case("exp as a string", [401, 109], claim("exp", "1790043200")),
        Case("expired", [401, 109], claim("exp", .int(Fixture.now.seconds))),
        Case("exp over a day ahead", [401, 109], claim("exp", .int(Fixture.now.seconds + 86_401))),
        Case("no sub", [401, 109], claim("sub", nil)),
        Case("a sub that is a name", [401, 109], claim("sub", "ops")),
        Case("no Content-Encoding", [400, 101]) { $0.set("content-encoding", nil) },
        Case("the old encoding", [400, 110]) { $0.set("content-encoding", "aesgcm") },
        Case("the old headers", [400, 110]) { $0.set("encryption", "salt=x") },
        Case("an encoding of nothing", [400, 110]) { $0.body = [] },
        Case("a body over 4096 bytes", [413, 104]) { $0.body = [UInt8](repeating: 0, count: 4_097) },
        Case("a message for another browser", [400, 110]) { $0.body = try encrypt("Bonjour", for: 8) },
        Case("a message for another with the same keys", [400, 110]) { $0.body = try encrypt("Bonjour", for: 7 + 64) },
        Case("a flipped bit", [400, 110]) { $0.body[100] ^= 1 },
        Case("no last record", [400, 110]) { $0.body = try encrypt("Bonjour", for: 7, delimiter: 1) },
        Case("a record longer than its size", [400, 110]) { $0.body = try encrypt("Bonjour à tous", for: 7, recordSize: [0, 0, 0, 20]) },
        Case("a cut body", [400, 110]) { $0.body = Array($0.body.prefix(80)) },
    ]

    @Test(arguments: deviations) func `refuses with autopush's number`(_ deviation: Case) throws {
        var request = try Self.right()
        try deviation.change(&request)
        let answer = try Self.simulator().judge(request, now: Fixture.now).answer
        #expect(answer.status == deviation.answer[0])
        #expect(answer.json?["errno"]?.int == Int64(deviation.answer[1]))
    }

    @Test func `refuses another method`() throws {
        var request = try Self.right()
        request.method = "PUT"
        #expect(try Self.simulator().judge(request, now: Fixture.now).answer.status == 405)
    }

    static let variations: [Case] = [
        Case("the largest body", []) { $0.body = try encrypt(String(repeating: "a", count: 3_993), for: 7) },
        Case("padding", []) { $0.body = try encrypt("a", for: 7, padding: 500) },
        Case("no body", []) {
            $0.body = []
            $0.set("content-encoding", nil)
        },
        Case("TTL 0 and nothing optional", []) {
            $0.set("ttl", "0")
            $0.set("urgency", nil)
            $0.set("topic", nil)
        },
    ]

    @Test(arguments: variations) func `takes what a push service takes`(_ variation: Case) throws {
        var request = try Self.right()
        try variation.change(&request)
        #expect(try Self.simulator().judge(request, now: Fixture.now).answer.status == 201)
    }

    @Test func `shortens a long life to 30 days and says so`() throws {
        var request = try Self.right()
        request.set("ttl", "9999999")
        #expect(try Self.simulator().judge(request, now: Fixture.now).answer.header("ttl") == "2592000")
    }

    @Test func `fails in autopush's words`() throws {
        let simulator = try Self.simulator()
        let verdict = simulator.judge(try Self.right(), now: Fixture.now)
        #expect(simulator.answer(to: .gone, verdict, now: Fixture.now)?.status == 410)
        let throttled = simulator.answer(to: .throttled(retryAfterSeconds: 9), verdict, now: Fixture.now)
        #expect(throttled?.status == 429)
        #expect(throttled?.header("Retry-After") == "9")
        #expect(simulator.answer(to: .named("102"), verdict, now: Fixture.now)?.status == 404)
    }
}
