import Core
import OpenSSL
import Testing

@testable import APNs

@Suite struct APNsTokenTests {
    static let start = Timestamp.seconds(1_800_000_000)
    static func minutes(_ minutes: Int64) -> Timestamp { start + .seconds(minutes * 60) }

    static func token() throws -> ProviderToken {
        ProviderToken(teamID: "TEAM123456", keyID: "KEY1234567", key: try P256.SigningKey.generate())
    }

    @Test func `one token serves for 45 minutes`() throws {
        var token = try Self.token()
        let first = try token.authorization(now: Self.start)
        #expect(try token.authorization(now: Self.minutes(44)) == first)
        let second = try token.authorization(now: Self.minutes(45))
        #expect(second != first)
        #expect(try token.authorization(now: Self.minutes(89)) == second)
    }

    @Test func `PyJWT finds the header and claims that Apple asks for`() throws {
        let key = try P256.SigningKey.generate()
        var token = ProviderToken(teamID: "TEAM123456", keyID: "KEY1234567", key: key)
        let authorization = try token.authorization(now: Self.start + .milliseconds(999))
        #expect(authorization.hasPrefix("bearer "))
        let verdicts = try WebPushJudge.verdicts(of: "webpush_jwt_judge.py", on: [[
            "token": .string(String(authorization.dropFirst(7))), "algorithm": "ES256", "audience": nil,
            "key": .string(String(decoding: key.publicKey.pem(), as: UTF8.self)),
        ]])
        #expect(verdicts == ["""
            {"claims":{"iat":1800000000,"iss":"TEAM123456"},"header":{"alg":"ES256","kid":"KEY1234567"}}
            """])
    }

    @Test func `a token called too old is replaced when it is old, and only once`() throws {
        var token = try Self.token()
        let first = try token.authorization(now: Self.start)
        #expect(token.expired(now: Self.minutes(21)) == .retry)
        let second = try token.authorization(now: Self.minutes(21))
        #expect(second != first)
        // Answers to what was in flight with the first.
        #expect(token.expired(now: Self.minutes(22)) == .retry)
        #expect(try token.authorization(now: Self.minutes(22)) == second)
        // Later than that they can only mean the second.
        #expect(token.expired(now: Self.minutes(24)) == .clockIsWrong)
        #expect(try token.authorization(now: Self.minutes(24)) == second)
    }

    @Test func `a young first token called too old means a wrong clock`() throws {
        var token = try Self.token()
        let first = try token.authorization(now: Self.start)
        #expect(token.expired(now: Self.minutes(0)) == .clockIsWrong)
        #expect(token.expired(now: Self.minutes(19)) == .clockIsWrong)
        #expect(try token.authorization(now: Self.minutes(19)) == first)
    }

    @Test func `replaced too often goes back to the token before`() throws {
        var token = try Self.token()
        let first = try token.authorization(now: Self.start)
        let second = try token.authorization(now: Self.minutes(45))
        #expect(second != first)
        #expect(token.replacedTooOften(now: Self.minutes(46)) == .seconds(1))
        #expect(try token.authorization(now: Self.minutes(46)) == first)
        #expect(try token.authorization(now: Self.minutes(58)) == first)
        let third = try token.authorization(now: Self.minutes(59))
        #expect(third != first)
    }

    @Test func `replaced too often without a token before waits out the 20 minutes`() throws {
        var token = try Self.token()
        let first = try token.authorization(now: Self.start)
        #expect(token.replacedTooOften(now: Self.minutes(5)) == .seconds(15 * 60))
        #expect(token.replacedTooOften(now: Self.minutes(30)) == .seconds(60))
        #expect(try token.authorization(now: Self.minutes(5)) == first)
    }

    @Test func `a clock corrected by seconds keeps the token, one set back by hours does not`() throws {
        var token = try Self.token()
        let first = try token.authorization(now: Self.start)
        #expect(try token.authorization(now: Self.start - .seconds(2)) == first)
        #expect(try token.authorization(now: Self.minutes(-60)) != first)
    }
}
