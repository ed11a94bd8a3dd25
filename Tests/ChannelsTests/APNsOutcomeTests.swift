@testable import APNs
import Core
import OpenSSL
import Testing


@Suite struct APNsOutcomeTests {
    static let now = Timestamp.seconds(1_800_000_000)

    struct Case: CustomTestStringConvertible {
        let status: Int
        let body: String
        let outcome: Outcome
        var testDescription: String { "\(status) \(body)" }
    }

    static func reason(_ status: Int, _ reason: String, _ outcome: Outcome) -> Case {
        Case(status: status, body: #"{"reason":"\#(reason)"}"#, outcome: outcome)
    }

    static func reject(_ status: Int, _ reason: String) -> Case {
        Self.reason(status, reason, .rejected(detail: "\(status) \(reason)"))
    }

    static func mismatch(_ status: Int, _ reason: String) -> Case {
        Self.reason(status, reason, .rejected(detail: "\(status) \(reason)", address: .mismatch))
    }

    static func configuration(_ status: Int, _ reason: String) -> Case {
        Self.reason(status, reason, .configuration(detail: "\(status) \(reason)"))
    }

    static let cases: [Case] = [
        reject(400, "BadCollapseId"), mismatch(400, "BadDeviceToken"), reject(400, "BadExpirationDate"),
        reject(400, "BadMessageId"), reject(400, "BadPriority"), mismatch(400, "DeviceTokenNotForTopic"),
        reject(400, "InvalidPushType"), reject(413, "PayloadTooLarge"),
        configuration(400, "BadTopic"), configuration(400, "DuplicateHeaders"), configuration(400, "MissingDeviceToken"),
        configuration(400, "MissingTopic"), configuration(400, "PayloadEmpty"), configuration(400, "TopicDisallowed"),
        configuration(403, "BadCertificate"), configuration(403, "BadCertificateEnvironment"),
        configuration(403, "Forbidden"), configuration(403, "InvalidProviderToken"),
        configuration(403, "MissingProviderToken"), configuration(403, "UnrelatedKeyIdInToken"),
        configuration(403, "BadEnvironmentKeyIdInToken"), configuration(403, "BadEnvironmentKeyInToken"),
        configuration(404, "BadPath"), configuration(405, "MethodNotAllowed"),
        reason(400, "IdleTimeout", .notSent(detail: "400 IdleTimeout")),
        // No token was made yet, so there is nothing to blame.
        reason(403, "ExpiredProviderToken", .notSent(detail: "403 ExpiredProviderToken")),
        reason(429, "TooManyProviderTokenUpdates", .notSent(
            detail: "429 TooManyProviderTokenUpdates", retryAfter: .seconds(1), scope: .account)),
        reason(429, "TooManyRequests", .notSent(detail: "429 TooManyRequests", retryAfter: .seconds(10))),
        reason(500, "InternalServerError", .notSent(detail: "500 InternalServerError", retryAfter: .seconds(60))),
        reason(503, "ServiceUnavailable", .notSent(detail: "503 ServiceUnavailable", retryAfter: .seconds(60))),
        reason(503, "Shutdown", .notSent(detail: "503 Shutdown")),
        Case(status: 410, body: #"{"reason":"Unregistered","timestamp":1799999999123}"#, outcome: .rejected(
            detail: "410 Unregistered", address: .invalid(since: Timestamp(milliseconds: 1_799_999_999_123)))),
        Case(status: 410, body: #"{"reason":"ExpiredToken","timestamp":1}"#, outcome: .rejected(
            detail: "410 ExpiredToken", address: .invalid(since: Timestamp(milliseconds: 1)))),
        Case(status: 410, body: #"{"reason":"Unregistered","timestamp":-9223372036854775808}"#, outcome: .rejected(
            detail: "410 Unregistered", address: .invalid(since: Timestamp(milliseconds: .min)))),
        Case(status: 410, body: #"{"reason":"Unregistered","timestamp":"1799999999123"}"#, outcome: .rejected(
            detail: "410 Unregistered", address: .invalid(since: nil))),
        reason(410, "Unregistered", .rejected(detail: "410 Unregistered", address: .invalid(since: nil))),
        // Unknown to the table, or with a status that does not fit the reason.
        reason(400, "Brand\\nNew", .configuration(detail: "400")),
        reason(403, "Unregistered", .configuration(detail: "403")),
        reason(410, "BrandNew", .rejected(detail: "410")),
        reason(413, "BrandNew", .rejected(detail: "413")),
        reason(429, "BrandNew", .notSent(detail: "429", retryAfter: .seconds(10))),
        reason(500, "BrandNew", .notSent(detail: "500", retryAfter: .seconds(60))),
        Case(status: 302, body: "", outcome: .configuration(detail: "302")),
        Case(status: 407, body: "<html>", outcome: .configuration(detail: "407")),
        Case(status: 408, body: "", outcome: .notSent(detail: "408", retryAfter: .seconds(10))),
        Case(status: 502, body: "\u{0}", outcome: .notSent(detail: "502", retryAfter: .seconds(60))),
        Case(status: 504, body: "", outcome: .ambiguous(detail: "504")),
        Case(status: 204, body: "", outcome: .ambiguous(detail: "204")),
        Case(status: 0, body: "", outcome: .ambiguous(detail: "0")),
    ]

    @Test(arguments: cases) func `every answer has its meaning`(row: Case) throws {
        let adapter = try APNsAdapterTests.adapter()
        let reply = ProviderReply(status: row.status, body: Array(row.body.utf8))
        #expect(adapter.outcome(of: reply, now: Self.now) == row.outcome)
    }

    @Test func `an answer cut off anywhere is still an answer`() throws {
        for row in Self.cases {
            let adapter = try APNsAdapterTests.adapter()
            for length in 0..<row.body.utf8.count {
                let reply = ProviderReply(status: row.status, body: Array(row.body.utf8.prefix(length)))
                if case .rejected(_, .invalid(since: .some)) = adapter.outcome(of: reply, now: Self.now) {
                    Issue.record("half an answer named a time")
                }
            }
        }
    }

    @Test func `every row of the table is covered`() {
        for row in APNsOutcome.reasons {
            #expect(Self.cases.contains { $0.status == row.status && $0.body.contains("\"\(row.reason)\"") })
        }
    }

    @Test func `an accepted message has the id of the answer`() throws {
        let reply = ProviderReply(status: 200, headers: [("apns-id", "eabeae54-14a8-11e5-b60b-1697f925ec7b")])
        #expect(try APNsAdapterTests.adapter().outcome(of: reply, now: Self.now)
            == .accepted(providerID: "eabeae54-14a8-11e5-b60b-1697f925ec7b"))
    }

    @Test func `a wait that the server names wins`() throws {
        let reply = ProviderReply(
            status: 503, headers: [("retry-after", "5")], body: Array(#"{"reason":"ServiceUnavailable"}"#.utf8))
        #expect(try APNsAdapterTests.adapter().outcome(of: reply, now: Self.now)
            == .notSent(detail: "503 ServiceUnavailable", retryAfter: .seconds(5)))
    }
}
