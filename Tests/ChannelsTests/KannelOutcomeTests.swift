import Core
import SMS
import Testing

@Suite struct KannelOutcomeTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let status: Int
        let text: String
        let wanted: String
        var testDescription: String { "\(status) \(text)" }
    }

    static let rows = [
        Row(status: 202, text: "0: Accepted for delivery", wanted: "accepted"),
        Row(status: 202, text: "3: Queued for later delivery", wanted: "accepted"),
        Row(status: 202, text: "", wanted: "accepted"),
        Row(status: 403, text: "Authorization failed for sendsms", wanted: "configuration"),
        Row(status: 401, text: "", wanted: "configuration"),
        Row(status: 400, text: "Missing receiver number, rejected", wanted: "rejected"),
        Row(status: 400, text: "Empty receiver number not allowed, rejected", wanted: "rejected"),
        Row(status: 400, text: "Number(s) has/have been denied by white- and/or black-lists.", wanted: "rejected"),
        Row(status: 400, text: "Coding field misformed, rejected", wanted: "rejected"),
        Row(status: 400, text: "Sender missing and no global set, rejected", wanted: "configuration"),
        Row(status: 400, text: "Invalid content-type", wanted: "configuration"),
        Row(status: 400, text: "something new", wanted: "configuration"),
        Row(status: 404, text: "Unknown request.", wanted: "configuration"),
        Row(status: 301, text: "", wanted: "configuration"),
        Row(status: 503, text: "Temporal failure, try again later.", wanted: "notSent"),
        Row(status: 429, text: "", wanted: "notSent"),
        Row(status: 200, text: "<html>", wanted: "ambiguous"),
        Row(status: 500, text: "", wanted: "ambiguous"),
        Row(status: 502, text: "", wanted: "ambiguous"),
        Row(status: 504, text: "", wanted: "ambiguous"),
        Row(status: 408, text: "", wanted: "ambiguous"),
        Row(status: 0, text: "", wanted: "configuration"),
    ]

    @Test(arguments: rows) func `classifies smsbox's answers`(_ row: Row) {
        let reply = ProviderReply(status: row.status, body: Array(row.text.utf8))
        let outcome = SMSAdapter(SMSFixtures.kannel()).outcome(of: reply, now: SMSFixtures.now)
        #expect(outcome.word == row.wanted)
        #expect(outcome.verdict == .keep)
    }

    @Test func `survives bodies that are no text`() {
        for seed in 1...200 {
            let body = SMSFixtures.noise(seed * 7, seed: UInt64(seed))
            for status in [200, 202, 400, 403, 503] {
                _ = SMSAdapter(SMSFixtures.kannel()).outcome(of: ProviderReply(status: status, body: body), now: SMSFixtures.now)
                _ = SMSAdapter(SMSFixtures.twilio()).outcome(of: ProviderReply(status: status, body: body), now: SMSFixtures.now)
            }
        }
    }
}

extension Outcome {
    /// The name of the case.
    var word: String {
        switch self {
        case .accepted: "accepted"
        case .notSent: "notSent"
        case .rejected: "rejected"
        case .configuration: "configuration"
        case .ambiguous: "ambiguous"
        }
    }

    /// What it says about the address.
    var verdict: AddressVerdict {
        if case .rejected(_, let verdict) = self { verdict } else { .keep }
    }
}
