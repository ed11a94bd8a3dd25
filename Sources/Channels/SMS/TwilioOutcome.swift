internal import Core

/// What Twilio's error codes mean, in an answer and in a status callback alike (twilio.com/docs/api/errors).
enum TwilioOutcome {
    enum Meaning: Sendable, Equatable {
        /// The account, its sender or its rights are refused.
        case configuration
        /// The person answered STOP and Twilio keeps it.
        case optedOut
        /// The number does not exist or takes no SMS.
        case noSuchNumber
        /// This message will not go; the number may be fine.
        case refused
        /// Too much at once through this account.
        case backOff
        /// A passing fault of this message.
        case retry
        case expired
    }

    static let table: [Int64: Meaning] = [
        20003: .configuration, 20404: .configuration, 20429: .backOff,
        21211: .noSuchNumber, 21212: .configuration, 21214: .noSuchNumber, 21408: .refused,
        21602: .refused, 21606: .configuration, 21608: .configuration, 21610: .optedOut, 21611: .backOff,
        // 21612 blames the pair of sender and number: a wrong sender must not cost us good numbers.
        21612: .refused, 21614: .noSuchNumber, 21617: .refused, 21635: .noSuchNumber,
        30001: .backOff, 30002: .configuration, 30003: .retry, 30004: .refused, 30005: .noSuchNumber,
        30006: .noSuchNumber, 30007: .refused, 30008: .retry, 30017: .backOff, 30018: .configuration,
        30019: .refused, 30022: .backOff, 30023: .backOff, 30024: .configuration, 30027: .backOff, 30036: .expired,
        63016: .refused, 63018: .backOff, 63024: .noSuchNumber, 63032: .refused, 63036: .refused,
    ]

    /// In a status callback only these stop the account; the other configuration codes may be about one country.
    static let suspensions: Set<Int64> = [20003, 30002]

    static func outcome(of reply: ProviderReply, now: Timestamp) -> Outcome {
        let json = reply.json
        if (200..<300).contains(reply.status) {
            guard let sid = json?["sid"]?.string, isSID(sid) else {
                return .ambiguous(detail: "\(reply.status) without a sid")
            }
            return .accepted(providerID: sid)
        }
        let retryAfter = reply.retryAfter(now: now)
        if reply.status == 429 { return .notSent(detail: "429", retryAfter: retryAfter, scope: .account) }
        guard let code = json?["code"]?.int else { return unexplained(reply.status) }
        let detail = "\(reply.status) \(code)"
        switch table[code] {
        case .configuration: return .configuration(detail: detail)
        case .optedOut: return .rejected(detail: detail, address: .optedOut)
        case .noSuchNumber: return .rejected(detail: detail, address: .invalid(since: nil))
        case .refused, .expired: return .rejected(detail: detail)
        case .backOff: return .notSent(detail: detail, retryAfter: retryAfter, scope: .account)
        case .retry: return .notSent(detail: detail, retryAfter: retryAfter)
        case nil where reply.status == 503: return .notSent(detail: detail, retryAfter: retryAfter, scope: .account)
        case nil: return unexplained(reply.status, code: code)
        }
    }

    /// An unknown refusal stops the account, never its recipients; from 500 on, the message may have been taken.
    private static func unexplained(_ status: Int, code: Int64? = nil) -> Outcome {
        let detail = code.map { "\(status) \($0)" } ?? "\(status)"
        return status >= 500 || status == 408 ? .ambiguous(detail: detail) : .configuration(detail: detail)
    }

    /// `SM` or `MM` and 32 hexadecimal digits; stored and shown, so nothing else is let in.
    static func isSID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 34 && bytes.prefix(2).allSatisfy(\.isASCIILetter)
            && bytes.dropFirst(2).allSatisfy { $0.isASCIIDigit || $0.isASCIILetter }
    }
}
