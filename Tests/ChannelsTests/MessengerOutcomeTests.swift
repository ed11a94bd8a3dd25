import Core
import Messenger
import Testing

@Suite struct MessengerOutcomeTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let code: Int
        var subcode: Int? = nil
        let wanted: String
        var verdict = AddressVerdict.keep
        var testDescription: String { "\(code)/\(subcode.map { String($0) } ?? "-")" }
    }

    static let rows = [
        Row(code: 1, subcode: 99, wanted: "notSent"), Row(code: 1, wanted: "notSent"), Row(code: 1, subcode: 1357046, wanted: "ambiguous"),
        Row(code: 2, wanted: "notSent"), Row(code: 2, subcode: 2018344, wanted: "configuration"),
        Row(code: 4, wanted: "notSent"), Row(code: 4, subcode: 2018022, wanted: "notSent"), Row(code: 4, subcode: 2018354, wanted: "rejected"),
        Row(code: 9, subcode: 2018352, wanted: "rejected"),
        Row(code: 10, subcode: 2018278, wanted: "rejected"), Row(code: 10, subcode: 2018065, wanted: "rejected"),
        Row(code: 10, subcode: 2018108, wanted: "rejected"), Row(code: 10, subcode: 1893063, wanted: "configuration"),
        Row(code: 10, wanted: "configuration"), Row(code: 17, wanted: "notSent"), Row(code: 32, wanted: "notSent"),
        Row(code: 100, wanted: "rejected"), Row(code: 100, subcode: 2018001, wanted: "rejected", verdict: .invalid(since: nil)),
        Row(code: 100, subcode: 33, wanted: "rejected"), Row(code: 100, subcode: 2018109, wanted: "rejected"),
        Row(code: 100, subcode: 2018015, wanted: "rejected"), Row(code: 100, subcode: 2018040, wanted: "rejected"),
        Row(code: 100, subcode: 2018041, wanted: "rejected"), Row(code: 100, subcode: 2018053, wanted: "rejected"),
        Row(code: 190, wanted: "configuration"), Row(code: 190, subcode: 460, wanted: "configuration"),
        Row(code: 190, subcode: 463, wanted: "configuration"), Row(code: 190, subcode: 467, wanted: "configuration"),
        Row(code: 190, subcode: 490, wanted: "configuration"), Row(code: 200, wanted: "configuration"),
        Row(code: 230, wanted: "configuration"), Row(code: 200, subcode: 1545041, wanted: "rejected"),
        Row(code: 200, subcode: 2018028, wanted: "configuration"), Row(code: 368, wanted: "configuration"),
        Row(code: 551, subcode: 1545041, wanted: "rejected"), Row(code: 551, wanted: "rejected"),
        Row(code: 613, wanted: "notSent"), Row(code: 613, subcode: 1893016, wanted: "notSent"),
        Row(code: 2018300, wanted: "notSent"), Row(code: 100, subcode: 2018300, wanted: "notSent"), Row(code: 2018321, wanted: "notSent"),
        Row(code: 10900, wanted: "rejected"), Row(code: 9000001, wanted: "rejected"), Row(code: 80006, wanted: "notSent"),
        Row(code: 1200, wanted: "notSent"), Row(code: 424242, wanted: "configuration"),
    ]

    private func outcome(_ status: Int, _ body: String, _ headers: [(name: String, value: String)] = []) -> Outcome {
        MessengerAdapter(MessengerFixtures.page())
            .outcome(of: ProviderReply(status: status, headers: headers, body: Array(body.utf8)), now: MessengerFixtures.now)
    }

    @Test(arguments: rows) func `climbs the ladder of codes`(_ row: Row) {
        let subcode = row.subcode.map { ",\"error_subcode\":\($0)" } ?? ""
        let outcome = outcome(400, "{\"error\":{\"message\":\"x\",\"type\":\"OAuthException\",\"code\":\(row.code)\(subcode),\"fbtrace_id\":\"A\"}}")
        #expect(outcome.word == row.wanted)
        #expect(outcome.verdict == row.verdict)
    }

    @Test func `reads success`() {
        #expect(outcome(200, #"{"recipient_id":"1","message_id":"m_A"}"#) == .accepted(providerID: "m_A"))
        #expect(outcome(200, #"{"message_id":"m_A"}"#) == .accepted(providerID: "m_A"))
        for body in ["", "{}", #"{"message_id":""}"#, #"{"message_id":"m\u0000A"}"#, #"{"message_id":1}"#, "<html>"] { #expect(outcome(200, body).word == "ambiguous") }
    }

    @Test(arguments: [
        (301, "configuration"), (400, "configuration"), (401, "configuration"), (403, "configuration"), (404, "configuration"),
        (408, "ambiguous"), (429, "notSent"), (500, "ambiguous"), (502, "ambiguous"), (503, "ambiguous"), (504, "ambiguous"),
    ]) func `goes by the status when there is no code`(_ row: (Int, String)) {
        for body in ["", "<html>", #"{"error":"x"}"#, #"{"error":{"code":"4"}}"#] { #expect(outcome(row.0, body).word == row.1) }
    }

    @Test func `believes Meta when it calls an unknown fault transient`() {
        #expect(outcome(500, #"{"error":{"code":424242,"is_transient":true}}"#).word == "notSent")
    }

    @Test func `blames the Page when the unreachable object is the Page`() {
        let body = #"{"error":{"message":"Unsupported post request. Object with ID '1234567890' does not exist","code":100,"error_subcode":33}}"#
        #expect(outcome(400, body).word == "configuration")
    }

    @Test(arguments: [
        (#"{"call_count":97,"total_cputime":3,"total_time":4}"#, "x-app-usage", "4 usage 97 %", Duration.seconds(300)),
        (#"{"call_count":50}"#, "x-app-usage", "4 usage 50 %", nil),
        (#"{"1":[{"type":"messenger","call_count":100,"estimated_time_to_regain_access":12}]}"#, "x-business-use-case-usage",
         "4 usage 100 %", .seconds(720)),
        (#"{"1":[{"estimated_time_to_regain_access":1e300}]}"#, "x-business-use-case-usage", "4", .seconds(3_600)),
        (#"{"call_count":-1e300,"total_time":1e300}"#, "x-app-usage", "4 usage 1000 %", .seconds(300)),
        ("[[[", "x-app-usage", "4", nil), (#"{"1":{"2":[{}]}}"#, "x-business-use-case-usage", "4", nil),
    ] as [(String, String, String, Duration?)]) func `pauses as the usage headers say`(_ row: (String, String, String, Duration?)) {
        #expect(outcome(400, #"{"error":{"code":4}}"#, [(row.1, row.0)]) == .notSent(detail: row.2, retryAfter: row.3, scope: .account))
    }

    @Test func `survives bodies that are no answer`() {
        for seed in 1...300 {
            let noise = SMSFixtures.noise(seed * 5, seed: UInt64(seed))
            for status in [0, 200, 400, 500] {
                let reply = ProviderReply(status: status, headers: [("x-app-usage", String(decoding: noise, as: UTF8.self))], body: noise)
                _ = MessengerAdapter(MessengerFixtures.page()).outcome(of: reply, now: MessengerFixtures.now)
            }
        }
    }
}
