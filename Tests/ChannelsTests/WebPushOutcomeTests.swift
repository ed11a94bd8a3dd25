import Core
import Testing

@testable import WebPush

@Suite struct WebPushOutcomeTests {
    static let now = Timestamp.seconds(1_800_000_000)

    struct Case: CustomTestStringConvertible {
        let status: Int
        var body = ""
        var headers: [(name: String, value: String)] = []
        var keyHasWorked = true
        let outcome: Outcome
        var testDescription: String { "\(status) \(body)" }
    }

    static func gone(_ detail: String) -> Outcome { .rejected(detail: detail, address: .invalid(since: nil)) }

    static func errno(_ status: Int, _ errno: Int, _ outcome: Outcome) -> Case {
        Case(status: status, body: #"{"code":\#(status),"errno":\#(errno),"error":"","message":"m","more_info":"u"}"#,
             outcome: outcome)
    }

    static func reason(_ status: Int, _ reason: String, _ outcome: Outcome) -> Case {
        Case(status: status, body: #"{"reason":"\#(reason)"}"#, outcome: outcome)
    }

    static let statuses: [Case] = [
        Case(status: 201, headers: [("location", "https://push.example/m/1")],
             outcome: .accepted(providerID: "https://push.example/m/1")),
        Case(status: 201, headers: [("apns-id", "A-B")], outcome: .accepted(providerID: "A-B")),
        Case(status: 201, headers: [("x-wns-msg-id", "W1")], outcome: .accepted(providerID: "W1")),
        Case(status: 201, headers: [("location", String(repeating: "x", count: 513))], outcome: .accepted(providerID: nil)),
        Case(status: 200, outcome: .accepted(providerID: nil)),
        Case(status: 202, outcome: .accepted(providerID: nil)),
        Case(status: 204, outcome: .accepted(providerID: nil)),
        Case(status: 301, headers: [("location", "https://10.0.0.1/")], outcome: .rejected(detail: "301")),
        Case(status: 307, outcome: .rejected(detail: "307")),
        Case(status: 308, outcome: .rejected(detail: "308")),
        Case(status: 400, body: "Bad Request", outcome: .rejected(detail: "400")),
        Case(status: 400, body: "<TITLE>UnauthorizedRegistration</TITLE>",
             outcome: .configuration(detail: "400 UnauthorizedRegistration")),
        Case(status: 401, outcome: .configuration(detail: "401")),
        Case(status: 403, body: "permission denied", outcome: .configuration(detail: "403")),
        Case(status: 404, outcome: gone("404")),
        Case(status: 410, body: "push subscription has unsubscribed or expired.\n", outcome: gone("410")),
        Case(status: 406, headers: [("retry-after", "900"), ("x-wns-status", "appthrottled")],
             outcome: .notSent(detail: "406", retryAfter: .seconds(900), scope: .origin)),
        Case(status: 406, outcome: .notSent(detail: "406", retryAfter: .seconds(900), scope: .origin)),
        Case(status: 408, outcome: .notSent(detail: "408", retryAfter: .seconds(10))),
        Case(status: 409, outcome: .rejected(detail: "409")),
        Case(status: 413, outcome: .rejected(detail: "413")),
        Case(status: 418, body: #"{"errno":77}"#, outcome: .rejected(detail: "418")),
        Case(status: 429, outcome: .notSent(detail: "429", retryAfter: .seconds(60), scope: .origin)),
        Case(status: 429, headers: [("retry-after", "7")],
             outcome: .notSent(detail: "429", retryAfter: .seconds(7), scope: .origin)),
        Case(status: 500, outcome: .notSent(detail: "500", retryAfter: .seconds(60))),
        Case(status: 503, headers: [("retry-after", "30")], outcome: .notSent(detail: "503", retryAfter: .seconds(30))),
        Case(status: 504, outcome: .ambiguous(detail: "504")),
        Case(status: 100, outcome: .ambiguous(detail: "100")),
        Case(status: 206, outcome: .ambiguous(detail: "206")),
        Case(status: 999, outcome: .ambiguous(detail: "999")),
    ]

    static let mismatch = "the key in the authorization header do not correspond to the credentials used to create the subscription"

    static let mismatches: [Case] = [
        Case(status: 403, body: mismatch, keyHasWorked: true, outcome: .rejected(
            detail: "403 do not correspond to the credentials used to create the subscription", address: .mismatch)),
        Case(status: 403, body: mismatch, keyHasWorked: false, outcome: .configuration(
            detail: "403 do not correspond to the credentials used to create the subscription")),
        Case(status: 400, body: #"{"reason":"VapidPkHashMismatch"}"#, keyHasWorked: true,
             outcome: .rejected(detail: "400 VapidPkHashMismatch", address: .mismatch)),
        Case(status: 400, body: #"{"reason":"VapidPkHashMismatch"}"#, keyHasWorked: false,
             outcome: .configuration(detail: "400 VapidPkHashMismatch")),
    ]

    static let mozilla: [Case] = [
        errno(400, 101, .rejected(detail: "400 errno 101")),
        errno(400, 108, gone("400 errno 108")),
        errno(400, 110, .rejected(detail: "400 errno 110")),
        errno(400, 111, .rejected(detail: "400 errno 111")),
        errno(400, 112, .rejected(detail: "400 errno 112")),
        errno(400, 113, .rejected(detail: "400 errno 113")),
        errno(400, 114, .rejected(detail: "400 errno 114")),
        errno(401, 109, .configuration(detail: "401 errno 109")),
        errno(404, 102, gone("404 errno 102")),
        errno(410, 103, gone("410 errno 103")),
        errno(410, 105, gone("410 errno 105")),
        errno(410, 106, gone("410 errno 106")),
        errno(413, 104, .rejected(detail: "413 errno 104")),
        errno(500, 999, .notSent(detail: "500 errno 999", retryAfter: .seconds(60))),
        errno(502, 900, .notSent(detail: "502 errno 900", retryAfter: .seconds(60))),
        errno(502, 901, .notSent(detail: "502 errno 901", retryAfter: .seconds(60))),
        errno(502, 902, .notSent(detail: "502 errno 902", retryAfter: .seconds(60))),
        errno(502, 903, .notSent(detail: "502 errno 903", retryAfter: .seconds(60))),
        errno(503, 201, .notSent(detail: "503 errno 201", retryAfter: .seconds(120))),
        errno(503, 202, .notSent(detail: "503 errno 202")),
    ]

    static let apple: [Case] = [
        reason(400, "BadTtl", .rejected(detail: "400 BadTtl")),
        reason(400, "BadUrgency", .rejected(detail: "400 BadUrgency")),
        reason(400, "BadWebPushRequest", .rejected(detail: "400 BadWebPushRequest")),
        reason(400, "BadWebPushTopic", .rejected(detail: "400 BadWebPushTopic")),
        reason(400, "IdleTimeout", .notSent(detail: "400 IdleTimeout")),
        reason(403, "BadAuthorizationHeader", .configuration(detail: "403 BadAuthorizationHeader")),
        reason(403, "BadJwtToken", .configuration(detail: "403 BadJwtToken")),
        reason(403, "BadVapidPublicKey", .configuration(detail: "403 BadVapidPublicKey")),
        reason(404, "BadPath", .rejected(detail: "404 BadPath")),
        reason(405, "MethodNotAllowed", .rejected(detail: "405 MethodNotAllowed")),
        reason(413, "PayloadTooLarge", .rejected(detail: "413 PayloadTooLarge")),
        reason(429, "TooManyRequests", .notSent(detail: "429 TooManyRequests", retryAfter: .seconds(60), scope: .origin)),
        reason(500, "InternalServerError", .notSent(detail: "500 InternalServerError", retryAfter: .seconds(60))),
        reason(503, "ServiceUnavailable", .notSent(detail: "503 ServiceUnavailable", retryAfter: .seconds(60))),
        reason(503, "Shutdown", .notSent(detail: "503 Shutdown")),
        reason(410, "NobodyKnows", gone("410")),
    ]

    @Test(arguments: statuses + mismatches + mozilla + apple)
    func `every answer has its meaning`(row: Case) {
        let reply = ProviderReply(status: row.status, headers: row.headers, body: Array(row.body.utf8))
        #expect(WebPushOutcome.of(reply, now: Self.now, keyHasWorked: row.keyHasWorked) == row.outcome)
    }

    @Test func `an answer cut off anywhere is still an answer`() throws {
        for row in Self.statuses + Self.mismatches + Self.mozilla + Self.apple {
            for length in 0..<row.body.utf8.count {
                let reply = ProviderReply(status: row.status, body: Array(row.body.utf8.prefix(length)))
                if case .rejected(_, .invalid(since: .some)) = WebPushOutcome.of(reply, now: Self.now, keyHasWorked: row.keyHasWorked) {
                    Issue.record("half an answer named a time")
                }
            }
        }
    }

    @Test func `every row of the tables is covered`() {
        for row in WebPushOutcome.errnos { #expect(Self.mozilla.contains { $0.body.contains("\"errno\":\(row.errno),") }) }
        for row in WebPushOutcome.reasons {
            #expect((Self.apple + Self.mismatches).contains { $0.body.contains("\"\(row.reason)\"") })
        }
    }
}
