import Core
import OpenSSL
import Testing

@testable import FCM

@Suite struct FCMTokenTests {
    static let now = Timestamp.seconds(1_800_000_000)
    static let granted = ProviderReply(
        status: 200, body: Array(#"{"access_token":"ya29.x","expires_in":3599,"token_type":"Bearer"}"#.utf8))
    static let unauthorized = ProviderReply(
        status: 401, body: Array(#"{"error":{"code":401,"status":"UNAUTHENTICATED"}}"#.utf8))
    static let taken = ProviderReply(status: 200, body: Array(#"{"name":"projects/p/messages/1"}"#.utf8))
    static let refusal = Outcome.notSent(detail: "401")
    static let straggler = Outcome.notSent(detail: "401", retryAfter: .seconds(15))

    static func ready(at now: Timestamp = now) throws -> FCMAdapter {
        let adapter = try FCMAdapterTests.adapter()
        #expect(adapter.credentialRequest(now: now) != nil)
        #expect(adapter.acceptCredential(granted, now: now) == .accepted(providerID: nil))
        return adapter
    }

    @Test func `PyJWT accepts the assertion and finds the claims Google asks for`() throws {
        let account = try FCMAdapterTests.serviceAccount()
        var token = AccessToken(account: account)
        let request = try #require(try token.request(now: Self.now))
        #expect(request.method == .POST)
        #expect(request.url == "https://oauth2.googleapis.com/token")
        #expect(request.headers.map(\.value) == ["application/x-www-form-urlencoded"])
        let form = String(decoding: request.body, as: UTF8.self)
        let prefix = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
        #expect(form.hasPrefix(prefix))
        let verdicts = try WebPushJudge.verdicts(of: "webpush_jwt_judge.py", on: [[
            "token": .string(String(form.dropFirst(prefix.count))), "algorithm": "RS256",
            "key": .string(String(decoding: account.key.publicKey.pem(), as: UTF8.self)),
            "audience": "https://oauth2.googleapis.com/token",
        ]])
        #expect(verdicts == ["""
            {"claims":{"aud":"https://oauth2.googleapis.com/token","exp":1800003600,"iat":1800000000,\
            "iss":"push@demo.iam.gserviceaccount.com","scope":"https://www.googleapis.com/auth/firebase.messaging"},\
            "header":{"alg":"RS256","kid":"kid-1","typ":"JWT"}}
            """])
    }

    @Test func `the question is repeated as it is until it is answered, with a new signature after 5 minutes`() throws {
        let adapter = try FCMAdapterTests.adapter()
        let first = try #require(adapter.credentialRequest(now: Self.now))
        #expect(adapter.credentialRequest(now: Self.now + .seconds(299))?.body == first.body)
        #expect(try #require(adapter.credentialRequest(now: Self.now + .seconds(300))).body != first.body)
    }

    @Test func `a token is renewed five minutes before its end`() throws {
        let adapter = try Self.ready()
        #expect(adapter.credentialRequest(now: Self.now + .seconds(3_298)) == nil)
        #expect(adapter.credentialRequest(now: Self.now + .seconds(3_299)) != nil)
    }

    @Test func `a short-lived token is renewed at half its life`() throws {
        let adapter = try FCMAdapterTests.adapter()
        let reply = ProviderReply(status: 200, body: Array(#"{"access_token":"a","expires_in":60}"#.utf8))
        #expect(adapter.acceptCredential(reply, now: Self.now) == .accepted(providerID: nil))
        #expect(adapter.credentialRequest(now: Self.now + .seconds(29)) == nil)
        #expect(adapter.credentialRequest(now: Self.now + .seconds(30)) != nil)
    }

    static let refusals: [(status: Int, body: String, outcome: Outcome)] = [
        (400, #"{"error":"invalid_grant","error_description":"Invalid JWT"}"#, .configuration(detail: "token: 400 invalid_grant")),
        (401, #"{"error":"invalid_client"}"#, .configuration(detail: "token: 401 invalid_client")),
        (403, #"{"error":"secret 123"}"#, .configuration(detail: "token: 403")),
        (404, "<html>", .configuration(detail: "token: 404")),
        (302, "", .configuration(detail: "token: 302")),
        (200, "{}", .configuration(detail: "token: 200 without an access token")),
        (200, #"{"access_token":"a\r\nX: y"}"#, .configuration(detail: "token: 200 without an access token")),
        (200, #"{"access_token":""}"#, .configuration(detail: "token: 200 without an access token")),
        (429, "", .notSent(detail: "token: 429", retryAfter: .seconds(10), scope: .account)),
        (503, "", .notSent(detail: "token: 503", retryAfter: .seconds(10), scope: .account)),
    ]

    @Test(arguments: refusals)
    func `an answer without a token is a fault of the configuration or of the moment`(status: Int, body: String, outcome: Outcome) throws {
        let adapter = try FCMAdapterTests.adapter()
        #expect(adapter.acceptCredential(ProviderReply(status: status, body: Array(body.utf8)), now: Self.now) == outcome)
        #expect(adapter.credentialRequest(now: Self.now) != nil)
    }

    @Test func `numbers from outside cannot trap`() throws {
        for life in ["-9223372036854775808", "9223372036854775807", "1.5", "\"x\"", "null"] {
            let adapter = try FCMAdapterTests.adapter()
            let reply = ProviderReply(status: 200, body: Array(#"{"access_token":"a","expires_in":\#(life)}"#.utf8))
            #expect(adapter.acceptCredential(reply, now: Self.now) == .accepted(providerID: nil))
        }
    }

    @Test func `a 401 drops the token once`() throws {
        let adapter = try Self.ready()
        #expect(adapter.outcome(of: Self.taken, now: Self.now) == .accepted(providerID: "projects/p/messages/1"))
        let later = Self.now + .seconds(600)
        #expect(adapter.outcome(of: Self.unauthorized, now: later) == Self.refusal)
        #expect(adapter.credentialRequest(now: later) != nil)
        // What was in flight with the dropped token.
        #expect(adapter.outcome(of: Self.unauthorized, now: later) == Self.refusal)
        #expect(adapter.acceptCredential(Self.granted, now: later) == .accepted(providerID: nil))
        #expect(adapter.outcome(of: Self.unauthorized, now: later + .seconds(1)) == Self.straggler)
        #expect(adapter.credentialRequest(now: later + .seconds(1)) == nil)
    }

    @Test func `a second token that is refused as well is a fault of the configuration`() throws {
        let adapter = try Self.ready()
        #expect(adapter.outcome(of: Self.unauthorized, now: Self.now) == Self.refusal)
        #expect(adapter.acceptCredential(Self.granted, now: Self.now) == .accepted(providerID: nil))
        #expect(adapter.outcome(of: Self.unauthorized, now: Self.now + .seconds(2)) == Self.straggler)
        #expect(adapter.outcome(of: Self.unauthorized, now: Self.now + .seconds(15)) == .configuration(detail: "401"))
        // The operator's probe asks for another one.
        #expect(adapter.credentialRequest(now: Self.now + .seconds(16)) != nil)
    }

    @Test func `after the clock was set back a token is asked for anew, and a 401 is no straggler`() throws {
        let adapter = try Self.ready()
        _ = adapter.outcome(of: Self.taken, now: Self.now)
        #expect(adapter.credentialRequest(now: Self.now - .seconds(4)) == nil, "a correction is none")
        let back = Self.now - .seconds(7_200)
        #expect(adapter.credentialRequest(now: back) != nil)
        // By the clock of today the token is years from its end; FCM knows better.
        #expect(adapter.outcome(of: Self.unauthorized, now: back) == Self.refusal)
        #expect(adapter.acceptCredential(Self.granted, now: back) == .accepted(providerID: nil))
        #expect(adapter.credentialRequest(now: back + .seconds(60)) == nil)
    }

    @Test func `a second token that works is as good as a first`() throws {
        let adapter = try Self.ready()
        _ = adapter.outcome(of: Self.unauthorized, now: Self.now)
        _ = adapter.acceptCredential(Self.granted, now: Self.now)
        _ = adapter.outcome(of: Self.taken, now: Self.now + .seconds(1))
        #expect(adapter.outcome(of: Self.unauthorized, now: Self.now + .seconds(900)) == Self.refusal)
        #expect(adapter.credentialRequest(now: Self.now + .seconds(900)) != nil)
    }
}
