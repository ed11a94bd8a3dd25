import Core
import SMS
import Testing

@Suite struct TwilioOutcomeTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let status: Int
        let code: Int
        let wanted: String
        var verdict = AddressVerdict.keep
        var testDescription: String { "\(status) \(code)" }
    }

    static let rows = [
        Row(status: 401, code: 20003, wanted: "configuration"), Row(status: 404, code: 20404, wanted: "configuration"),
        Row(status: 400, code: 20429, wanted: "notSent"), Row(status: 429, code: 20429, wanted: "notSent"),
        Row(status: 400, code: 21211, wanted: "rejected", verdict: .invalid(since: nil)),
        Row(status: 400, code: 21212, wanted: "configuration"), Row(status: 400, code: 21606, wanted: "configuration"),
        Row(status: 400, code: 21408, wanted: "rejected"), Row(status: 400, code: 21602, wanted: "rejected"),
        Row(status: 400, code: 21617, wanted: "rejected"), Row(status: 400, code: 21608, wanted: "configuration"),
        Row(status: 400, code: 21610, wanted: "rejected", verdict: .optedOut), Row(status: 400, code: 21611, wanted: "notSent"),
        Row(status: 400, code: 21612, wanted: "rejected"),
        Row(status: 400, code: 21614, wanted: "rejected", verdict: .invalid(since: nil)),
        Row(status: 400, code: 30001, wanted: "notSent"), Row(status: 400, code: 30002, wanted: "configuration"),
        Row(status: 400, code: 30003, wanted: "notSent"), Row(status: 400, code: 30004, wanted: "rejected"),
        Row(status: 400, code: 30005, wanted: "rejected", verdict: .invalid(since: nil)),
        Row(status: 400, code: 30006, wanted: "rejected", verdict: .invalid(since: nil)),
        Row(status: 400, code: 30007, wanted: "rejected"), Row(status: 400, code: 30008, wanted: "notSent"),
        Row(status: 400, code: 30017, wanted: "notSent"), Row(status: 400, code: 30018, wanted: "configuration"),
        Row(status: 400, code: 30019, wanted: "rejected"), Row(status: 400, code: 30022, wanted: "notSent"),
        Row(status: 400, code: 30023, wanted: "notSent"), Row(status: 400, code: 30024, wanted: "configuration"),
        Row(status: 400, code: 30027, wanted: "notSent"), Row(status: 400, code: 30036, wanted: "rejected"),
        Row(status: 400, code: 63016, wanted: "rejected"), Row(status: 400, code: 63018, wanted: "notSent"),
        Row(status: 400, code: 63024, wanted: "rejected", verdict: .invalid(since: nil)),
        Row(status: 400, code: 63032, wanted: "rejected"), Row(status: 400, code: 63036, wanted: "rejected"),
        Row(status: 400, code: 29999, wanted: "configuration"), Row(status: 503, code: 29999, wanted: "notSent"),
        Row(status: 500, code: 29999, wanted: "ambiguous"),
    ]

    @Test(arguments: rows) func `classifies Twilio's codes`(_ row: Row) {
        let reply = ProviderReply(status: row.status, body: Array("{\"code\":\(row.code),\"message\":\"x\",\"status\":\(row.status)}".utf8))
        let outcome = SMSAdapter(SMSFixtures.twilio()).outcome(of: reply, now: SMSFixtures.now)
        #expect(outcome.word == row.wanted)
        #expect(outcome.verdict == row.verdict)
    }

    @Test func `reads the sid and the wait`() {
        let adapter = SMSAdapter(SMSFixtures.twilio())
        func outcome(_ status: Int, _ body: String, _ headers: [(name: String, value: String)] = []) -> Outcome {
            adapter.outcome(of: ProviderReply(status: status, headers: headers, body: Array(body.utf8)), now: SMSFixtures.now)
        }
        #expect(outcome(201, "{\"sid\":\"\(SMSFixtures.sid)\",\"status\":\"queued\"}") == .accepted(providerID: SMSFixtures.sid))
        #expect(outcome(201, "{\"sid\":\"<script>\"}").word == "ambiguous")
        #expect(outcome(201, "").word == "ambiguous")
        #expect(outcome(429, "", [("retry-after", "7")]) == .notSent(detail: "429", retryAfter: .seconds(7), scope: .account))
        #expect(outcome(503, "").word == "ambiguous")
        #expect(outcome(401, "").word == "configuration")
        #expect(outcome(400, "{\"code\":\"21610\"}").word == "configuration")
    }
}
