import Core
import OpenSSL
import Testing

@testable import Sandbox

@Suite struct FCMSimulatorTests {
    let simulator: FCMSimulator
    let world: SandboxWorld

    init() throws {
        world = try Fixture.world.get()
        let account = FCMServiceAccount(
            projectID: world.projectID, clientEmail: world.clientEmail, keyID: world.fcmKeyID, publicKey: world.fcmKey.publicKey)
        simulator = FCMSimulator(settings: .init(), account: account, ids: Fixture.ids, isKnown: { _ in true })
    }

    static func assertion(key: RSA.SigningKey? = nil, _ change: (inout JSONObject, inout JSONObject) -> Void = { _, _ in }) throws -> String {
        let world = try Fixture.world.get()
        var header: JSONObject = ["alg": "RS256", "typ": "JWT", "kid": .string(world.fcmKeyID)]
        var claims: JSONObject = [
            "iss": .string(world.clientEmail), "scope": "https://www.googleapis.com/auth/firebase.messaging",
            "aud": .string(Fixture.origin + "/token"), "iat": .int(Fixture.now.seconds), "exp": .int(Fixture.now.seconds + 3_600),
        ]
        change(&header, &claims)
        return try Fixture.jwt(.object(header), .object(claims), key ?? world.fcmKey)
    }

    static func tokenRequest(_ assertion: String) -> ProviderRequest {
        let body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" + assertion
        return ProviderRequest("POST", ["token"], headers: [("content-type", "application/x-www-form-urlencoded")],
                               body: Array(body.utf8), origin: Fixture.origin)
    }

    typealias Grant = Deviation<String>

    static func claim(_ name: String, _ value: JSONValue?) -> @Sendable (inout ProviderRequest) throws -> Void {
        { $0 = tokenRequest(try assertion { _, claims in claims[name] = value }) }
    }

    static let grants: [Grant] = [
        Grant("another grant", "unsupported_grant_type") { $0.body = Array("grant_type=password&assertion=x".utf8) },
        Grant("no grant", "invalid_request") { $0.body = Array("assertion=x".utf8) },
        Grant("no assertion", "invalid_request") { $0.body = Array("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer".utf8) },
        Grant("JSON", "invalid_request") { $0.set("content-type", "application/json") },
        Grant("another key", "invalid_grant") { $0 = tokenRequest(try assertion(key: .generate())) },
        Grant("another alg", "invalid_grant") { $0 = tokenRequest(try assertion { header, _ in header["alg"] = "HS256" }) },
        Grant("another kid", "invalid_grant") { $0 = tokenRequest(try assertion { header, _ in header["kid"] = "x" }) },
        Grant("another account", "invalid_grant", claim("iss", "someone@example.com")),
        Grant("another audience", "invalid_grant", claim("aud", "https://oauth2.googleapis.com/token")),
        Grant("no scope", "invalid_scope", claim("scope", nil)),
        Grant("another scope", "invalid_scope", claim("scope", "https://www.googleapis.com/auth/drive")),
        Grant("a life over an hour", "invalid_grant", claim("exp", .int(Fixture.now.seconds + 3_601))),
        Grant("exp as a string", "invalid_grant", claim("exp", "1790003600")),
        Grant("iat in the future", "invalid_grant", claim("iat", .int(Fixture.now.seconds + 60))),
        Grant("expired", "invalid_grant") {
            $0 = tokenRequest(try assertion { _, claims in
                claims["iat"] = .int(Fixture.now.seconds - 3_600)
                claims["exp"] = .int(Fixture.now.seconds)
            })
        },
    ]

    @Test(arguments: grants) func `refuses a grant with Google's error`(_ grant: Grant) throws {
        var request = Self.tokenRequest(try Self.assertion())
        try grant.change(&request)
        let answer = simulator.judge(request, now: Fixture.now).answer
        #expect(answer.status == 400)
        #expect(answer.json?["error"] == .string(grant.answer))
    }

    private func accessToken(now: Timestamp = Fixture.now) throws -> String {
        let answer = simulator.judge(Self.tokenRequest(try Self.assertion { _, claims in
            claims["iat"] = .int(now.seconds)
            claims["exp"] = .int(now.seconds + 3_600)
        }), now: now).answer
        #expect(answer.status == 200)
        #expect(answer.json?["expires_in"] == 3_599)
        #expect(answer.json?["token_type"] == "Bearer")
        return try #require(answer.json?["access_token"]?.string)
    }

    static let message: JSONValue = ["message": [
        "token": .string(String(repeating: "t", count: 22) + ":APA91b" + String(repeating: "x", count: 134)),
        "notification": ["title": "Bonjour", "body": "C'est parti"], "data": ["url": "https://shop.example/"],
        "android": ["collapse_key": "cmp_12", "priority": "HIGH", "ttl": "3600s", "notification": ["color": "#ff00AA", "tag": "t"]],
        "apns": ["headers": ["apns-priority": "10"], "payload": ["aps": ["badge": 1]]],
        "webpush": ["headers": ["TTL": "60", "Urgency": "high"], "fcm_options": ["link": "https://shop.example/"]],
        "fcm_options": ["analytics_label": "spring_2026"],
    ]]

    private func send(_ body: JSONValue, _ change: (inout ProviderRequest) throws -> Void = { _ in }) throws -> Verdict {
        var request = ProviderRequest("POST", ["v1", "projects", world.projectID, "messages:send"], headers: [
            ("authorization", "Bearer " + (try accessToken())), ("content-type", "application/json; charset=UTF-8"),
        ], body: body.bytes, origin: Fixture.origin)
        try change(&request)
        return simulator.judge(request, now: Fixture.now)
    }

    @Test func `takes a right message in snake and in camel case`() throws {
        let verdict = try send(Self.message)
        #expect(verdict.answer.status == 200, "\(String(decoding: verdict.answer.body, as: UTF8.self))")
        #expect(verdict.answer.json?["name"]?.string?.hasPrefix("projects/\(world.projectID)/messages/") == true)
        #expect(verdict.items[0].text == "Bonjour\nC'est parti")
        #expect(verdict.items[0].collapse == "cmp_12")
        let camel = Self.message.with("message", "android", value: ["collapseKey": "cmp_13", "restrictedPackageName": "com.example"])
        #expect(try send(camel).items[0].collapse == "cmp_13")
    }

    @Test func `rehearses without sending`() throws {
        let verdict = try send(Self.message.with("validate_only", value: true))
        #expect(verdict.answer.status == 200)
        #expect(!verdict.isTaken)
    }

    typealias Shape = Deviation<String>

    static func set(_ path: [String], _ value: JSONValue?) -> @Sendable (inout ProviderRequest) throws -> Void {
        { request in
            var json = message
            switch path.count {
            case 1: json = json.with(path[0], value: value)
            case 2: json = json.with(path[0], path[1], value: value)
            case 3: json = json.with(path[0], path[1], path[2], value: value)
            default: json = json.with(path[0], path[1], path[2], path[3], value: value)
            }
            request.body = json.bytes
        }
    }

    /// Refused by the mapping of JSON, before FCM: no FcmError. The answer is the field that is blamed.
    static let shapes: [Shape] = [
        Shape("an unknown field", "", set(["massage"], "x")),
        Shape("an unknown field of the message", "message", set(["message", "priority"], "high")),
        Shape("an unknown field of android", "message.android", set(["message", "android", "time_to_live"], 60)),
        Shape("a data value that is a number", "message.data[1].value", set(["message", "data", "n"], 1)),
        Shape("a ttl that is a number", "message.android.ttl", set(["message", "android", "ttl"], 3_600)),
        Shape("a ttl without its s", "message.android.ttl", set(["message", "android", "ttl"], "3600")),
        Shape("a priority that is none", "message.android.priority", set(["message", "android", "priority"], "10")),
        Shape("a title that is a number", "message.notification.title", set(["message", "notification", "title"], 1)),
        Shape("a header that is a number", "message.webpush.headers[0].value", set(["message", "webpush", "headers", "TTL"], 60)),
    ]

    @Test(arguments: shapes) func `refuses a shape that is not FCM's`(_ shape: Shape) throws {
        let answer = try send(Self.message, shape.change).answer
        let error = answer.json?["error"]
        #expect(answer.status == 400)
        #expect(error?["status"] == "INVALID_ARGUMENT")
        let details = error?["details"]?.array ?? []
        #expect(details.count == 1)
        #expect(details.first?["@type"] == "type.googleapis.com/google.rpc.BadRequest")
        #expect(details.first?["fieldViolations"]?.array?.first?["field"] == .string(shape.answer))
    }

    /// Refused by FCM itself: an FcmError INVALID_ARGUMENT, and the field that is blamed.
    static let rules: [Shape] = [
        Shape("no target", "message", set(["message", "token"], nil)),
        Shape("two targets", "message", set(["message", "topic"], "news")),
        Shape("a token that is none", "message.token", set(["message", "token"], "abc")),
        Shape("a token with a space", "message.token", set(["message", "token"], .string(String(repeating: "a b", count: 50)))),
        Shape("no message", "message", set(["message"], nil)),
        Shape("a reserved key", "message.data", set(["message", "data", "google.x"], "y")),
        Shape("the key from", "message.data", set(["message", "data", "from"], "y")),
        Shape("a ttl over four weeks", "message.android.ttl", set(["message", "android", "ttl"], "2419201s")),
        Shape("a color by name", "message.android.notification.color", set(["message", "android", "notification"], ["color": "red"])),
        Shape("an insecure link", "message.webpush.fcm_options.link", set(["message", "webpush", "fcm_options"], ["link": "http://x.example"])),
        Shape("a payload without aps", "message.apns.payload.aps", set(["message", "apns", "payload"], ["x": 1])),
        Shape("a label with a space", "message.fcm_options.analytics_label", set(["message", "fcm_options"], ["analytics_label": "a b"])),
        Shape("more than 4096 bytes", "message", set(["message", "data"], ["k": .string(String(repeating: "a", count: 4_075))])),
    ]

    @Test(arguments: rules) func `refuses what breaks FCM's rules`(_ shape: Shape) throws {
        let answer = try send(Self.message, shape.change).answer
        let details = answer.json?["error"]?["details"]?.array ?? []
        #expect(answer.status == 400)
        #expect(details.count == 2)
        #expect(details.first?["errorCode"] == "INVALID_ARGUMENT")
        #expect(details.last?["fieldViolations"]?.array?.first?["field"] == .string(shape.answer))
    }

    @Test func `takes a message of exactly 4096 bytes`() throws {
        // title + Bonjour, body + C'est parti, tag + t, color + #ff00AA, k + the rest
        let rest = 4_096 - (5 + 7 + 4 + 11 + 3 + 1 + 5 + 7 + 1)
        let body = Self.message.with("message", "data", value: ["k": .string(String(repeating: "a", count: rest))])
        #expect(try send(body).answer.status == 200)
    }

    @Test func `asks for a live access token`() throws {
        #expect(try send(Self.message) { $0.set("authorization", nil) }.answer.status == 401)
        #expect(try send(Self.message) { $0.set("authorization", "Bearer ya29.x") }.answer.status == 401)
        let old = try accessToken(now: Fixture.now - .seconds(3_599))
        let expired = try send(Self.message) { $0.set("authorization", "Bearer " + old) }.answer
        #expect(expired.status == 401)
        #expect(expired.json?["error"]?["status"] == "UNAUTHENTICATED")
        #expect(expired.json?["error"]?["details"] == nil)
    }

    @Test func `knows no other project, and says so without an FcmError`() throws {
        let answer = try send(Self.message) { $0.segments[2] = "another" }.answer
        #expect(answer.status == 404)
        #expect(answer.json?["error"]?["details"] == nil)
        #expect(try send(Self.message) { $0.method = "GET" }.answer.status == 404)
        #expect(try send(Self.message) { $0.set("content-type", "text/plain") }.answer.status == 400)
        #expect(try send(Self.message) { $0.body = Array("{".utf8) }.answer.status == 400)
    }

    static let errors: [(Fault.Refusal, Int, String)] = [
        (.gone, 404, "UNREGISTERED"), (.throttled(retryAfterSeconds: 7), 429, "QUOTA_EXCEEDED"),
        (.internalError, 500, "INTERNAL"), (.unavailable(retryAfterSeconds: nil), 503, "UNAVAILABLE"),
        (.named("SENDER_ID_MISMATCH"), 403, "SENDER_ID_MISMATCH"), (.named("THIRD_PARTY_AUTH_ERROR"), 401, "THIRD_PARTY_AUTH_ERROR"),
    ]

    @Test(arguments: errors) func `fails in FCM's words`(_ refusal: Fault.Refusal, _ status: Int, _ code: String) throws {
        let answer = try #require(simulator.answer(to: refusal, try send(Self.message), now: Fixture.now))
        #expect(answer.status == status)
        #expect(answer.json?["error"]?["details"]?.array?.first?["errorCode"] == .string(code))
        #expect(answer.header("retry-after") == (status == 429 ? "7" : nil))
    }
}
