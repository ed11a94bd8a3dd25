internal import Core

/// What smsbox's answer to sendsms means. Success is any 202; refusals share the status 400 and differ in their text
/// (Kannel 1.4.5, gw/smsbox.c as observed).
enum KannelOutcome {
    static func outcome(of reply: ProviderReply, now: Timestamp) -> Outcome {
        switch reply.status {
        // "0: Accepted for delivery" or "3: Queued for later delivery"; neither carries an id.
        case 202: return .accepted(providerID: nil)
        case 400: return refusal(reply.body)
        case 401, 403: return .configuration(detail: "\(reply.status) authorization failed")
        case 404: return .configuration(detail: "404 base_url is not the sendsms URL")
        case 429, 503:
            return .notSent(detail: "\(reply.status) temporary failure", retryAfter: reply.retryAfter(now: now), scope: .account)
        case 408, 200..<300, 500...: return .ambiguous(detail: "\(reply.status) unexpected from sendsms")
        default: return .configuration(detail: "\(reply.status) unexpected from sendsms")
        }
    }

    /// Texts of status 400; one that is not here stops the account rather than its recipients.
    static let refusals: [(text: String, isConfiguration: Bool)] = [
        // Also for a recipient that is not numeric.
        ("denied by white- and/or black-lists", false),
        ("Missing receiver number", false),
        ("Empty receiver number not allowed", false),
        ("Coding field misformed", false),
        ("Charset or body misformed", false),
        ("Validity field misformed", false),
        ("Sender missing and no global set", true),
        ("Invalid content-type", true),
    ]

    private static func refusal(_ body: [UInt8]) -> Outcome {
        let text = String(validating: body.prefix(400), as: UTF8.self) ?? ""
        guard let known = refusals.first(where: { text.contains($0.text) }) else {
            return .configuration(detail: "400 with an unknown text")
        }
        return known.isConfiguration ? .configuration(detail: "400 \(known.text)") : .rejected(detail: "400 \(known.text)")
    }
}
