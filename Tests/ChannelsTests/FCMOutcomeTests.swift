import Core
import Testing

@testable import FCM

@Suite struct FCMOutcomeTests {
    static let now = Timestamp.seconds(1_800_000_000)

    struct Case: CustomTestStringConvertible {
        let status: Int
        var body = ""
        var retryAfter: String?
        let outcome: Outcome
        var testDescription: String { "\(status) \(body) \(retryAfter ?? "")" }
    }

    /// An answer as FCM writes it, with an `FcmError` and other details.
    static func error(
        _ status: Int, _ code: String, message: String = "m", others: String = "", retryAfter: String? = nil,
        _ outcome: Outcome
    ) -> Case {
        let detail = #"{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"\#(code)"}"#
        return Case(
            status: status,
            body: #"{"error":{"code":\#(status),"message":"\#(message)","status":"S","details":[\#(others)\#(detail)]}}"#,
            retryAfter: retryAfter, outcome: outcome)
    }

    static func bare(_ status: Int, message: String = "m", details: String = "", retryAfter: String? = nil, _ outcome: Outcome) -> Case {
        Case(status: status,
             body: #"{"error":{"code":\#(status),"message":"\#(message)","status":"S","details":[\#(details)]}}"#,
             retryAfter: retryAfter, outcome: outcome)
    }

    static func violation(_ field: String) -> String {
        #"{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"\#(field)","description":"d"}]}"#
    }

    static func quota(_ description: String) -> String {
        #"{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"subject":"s","description":"\#(description)"}]},"#
    }

    static func gone(_ detail: String) -> Outcome { .rejected(detail: detail, address: .invalid(since: nil)) }

    static func retry(_ detail: String, _ seconds: Int64, _ scope: RetryScope = .message) -> Outcome {
        .notSent(detail: detail, retryAfter: .seconds(seconds), scope: scope)
    }

    static let notAToken = "The registration token is not a valid FCM registration token"

    static let cases: [Case] = [
        Case(status: 200, body: #"{"name":"projects/p/messages/0:1"}"#, outcome: .accepted(providerID: "projects/p/messages/0:1")),
        Case(status: 200, body: #"{"name":""}"#, outcome: .ambiguous(detail: "200 without a message name")),
        Case(status: 200, body: #"{"name":"projects/a\u0000b"}"#, outcome: .ambiguous(detail: "200 without a message name")),
        Case(status: 200, body: "<html>welcome</html>", outcome: .ambiguous(detail: "200 without a message name")),
        error(404, "UNREGISTERED", gone("404 UNREGISTERED")),
        error(400, "INVALID_ARGUMENT", .rejected(detail: "400 INVALID_ARGUMENT")),
        error(400, "INVALID_ARGUMENT", message: notAToken, gone("400 INVALID_ARGUMENT (token)")),
        error(400, "INVALID_ARGUMENT", others: violation("message.token") + ",", gone("400 INVALID_ARGUMENT (token)")),
        error(400, "INVALID_ARGUMENT", message: notAToken, others: violation("message.android.ttl") + ",",
              .rejected(detail: "400 INVALID_ARGUMENT")),
        error(403, "SENDER_ID_MISMATCH", .rejected(detail: "403 SENDER_ID_MISMATCH", address: .mismatch)),
        error(401, "THIRD_PARTY_AUTH_ERROR", .configuration(detail: "401 THIRD_PARTY_AUTH_ERROR")),
        error(401, "APNS_AUTH_ERROR", .configuration(detail: "401 APNS_AUTH_ERROR")),
        error(429, "QUOTA_EXCEEDED", retry("429 QUOTA_EXCEEDED", 60, .account)),
        error(429, "QUOTA_EXCEEDED", retryAfter: "30", retry("429 QUOTA_EXCEEDED", 30, .account)),
        error(429, "QUOTA_EXCEEDED", retryAfter: "2", retry("429 QUOTA_EXCEEDED", 10, .account)),
        error(429, "QUOTA_EXCEEDED", others: quota("Message rate exceeded"), retry("429 QUOTA_EXCEEDED", 60, .account)),
        error(429, "QUOTA_EXCEEDED", others: quota("Device message rate exceeded"), retry("429 QUOTA_EXCEEDED", 60)),
        error(503, "UNAVAILABLE", retry("503 UNAVAILABLE", 10)),
        error(503, "UNAVAILABLE", retryAfter: "120", retry("503 UNAVAILABLE", 120)),
        error(500, "INTERNAL", retry("500 INTERNAL", 10)),
        error(500, "UNSPECIFIED_ERROR", retry("500 UNSPECIFIED_ERROR", 10)),
        error(400, "UNSPECIFIED_ERROR", .rejected(detail: "400 UNSPECIFIED_ERROR")),
        error(403, "UNSPECIFIED_ERROR", .configuration(detail: "403 UNSPECIFIED_ERROR")),
        error(503, "BRAND_NEW", retry("503", 10)),
        // Without an FcmError the status speaks, and never of the address.
        bare(404, .configuration(detail: "404")),
        bare(403, .configuration(detail: "403")),
        bare(401, .notSent(detail: "401")),
        bare(400, .rejected(detail: "400")),
        bare(400, details: violation("message.data[0].value"), .rejected(detail: "400")),
        bare(400, details: violation("message.token"), gone("400 (token)")),
        bare(429, retry("429", 60, .account)),
        bare(409, .configuration(detail: "409")),
        bare(413, .rejected(detail: "413")),
        bare(408, retry("408", 10)),
        bare(500, retry("500", 10)),
        bare(502, retryAfter: "nonsense", retry("502", 10)),
        bare(504, .ambiguous(detail: "504")),
        Case(status: 404, body: "<html>", outcome: .configuration(detail: "404")),
        Case(status: 302, outcome: .configuration(detail: "302")),
        Case(status: 204, outcome: .ambiguous(detail: "204")),
        Case(status: 404, body: #"{"error":{"details":[{"@type":"x","errorCode":"UNREGISTERED"},7]}}"#,
             outcome: .configuration(detail: "404")),
        Case(status: 400, body: #"{"error":"invalid_grant"}"#, outcome: .rejected(detail: "400")),
    ]

    @Test(arguments: cases) func `every answer has its meaning`(row: Case) throws {
        let headers = row.retryAfter.map { [(name: "retry-after", value: $0)] } ?? []
        let reply = ProviderReply(status: row.status, headers: headers, body: Array(row.body.utf8))
        #expect(try FCMAdapterTests.adapter().outcome(of: reply, now: Self.now) == row.outcome)
    }

    @Test func `an answer cut off anywhere is still an answer`() throws {
        for row in Self.cases {
            let adapter = try FCMAdapterTests.adapter()
            for length in 0..<row.body.utf8.count {
                let reply = ProviderReply(status: row.status, body: Array(row.body.utf8.prefix(length)))
                if case .rejected(_, .invalid(since: .some)) = adapter.outcome(of: reply, now: Self.now) {
                    Issue.record("half an answer named a time")
                }
            }
        }
    }

    @Test func `every row of the table is covered`() {
        for row in FCMOutcome.errorCodes { #expect(Self.cases.contains { $0.body.contains("\"\(row.code)\"") }) }
    }
}
