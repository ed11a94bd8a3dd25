internal import Core

/// What the Send API's answer means, by error code and subcode (Graph API, "Handling errors"; Messenger Platform,
/// "Error codes"). The HTTP status is mostly 400 and says little.
struct MessengerOutcome {
    enum Meaning: Sendable {
        /// The Page, its token or its rights are refused.
        case stopped
        /// Outside the standard messaging window.
        case windowClosed
        /// Blocked, deactivated or private: Meta does not say which, and it may pass.
        case unavailable
        /// No such person for this Page.
        case gone
        /// An object cannot be reached: the Page when the message names it, else the person.
        case unreachable
        /// This message cannot go to this person: its content, or a limit per person.
        case refused
        case slowDown
        /// Too much in this one thread.
        case slowThread
        case retry
        /// Perhaps taken, although an error came back.
        case open
    }

    /// The first row that fits wins: faults of the Page before faults of the token, the window, the person, the content.
    /// A nil stands for any.
    static let ladder: [(code: Int64?, subcode: Int64?, meaning: Meaning)] = [
        (10, 1893063, .stopped), (368, nil, .stopped),
        (190, nil, .stopped),
        (10, 2018278, .windowClosed), (10, 2018065, .windowClosed),
        (10, 2018108, .unavailable), (200, 1545041, .unavailable), (551, nil, .unavailable),
        (200, 2018028, .stopped), (2, 2018344, .stopped),
        // Another app, or a flow in the Page's inbox, holds the thread.
        (nil, 2018300, .retry), (nil, 2018321, .retry), (2018300, nil, .retry), (2018321, nil, .retry),
        (4, 2018354, .refused), (9, 2018352, .refused),
        (10, nil, .stopped), (200, nil, .stopped), (230, nil, .stopped),
        (4, nil, .slowDown), (17, nil, .slowDown), (32, nil, .slowDown), (80006, nil, .slowDown), (613, nil, .slowThread),
        (100, 2018001, .gone), (100, 33, .unreachable),
        // Invalid parameter: too large, empty, a dead tag; the subcodes differ in nothing we could do.
        (100, nil, .refused),
        // The message referred to is gone.
        (10900, nil, .refused), (9000001, nil, .refused),
        (1, 1357046, .open), (1, nil, .retry),
        // "Temporarily unavailable", which may also hide a block: the attempts run out.
        (2, nil, .retry), (1200, nil, .retry),
    ]

    let profile: MessengerProfile
    let pageID: String

    func outcome(of reply: ProviderReply, now: Timestamp) -> Outcome {
        let json = reply.json
        if (200..<300).contains(reply.status), json?["error"] == nil {
            guard let id = json?["message_id"]?.providerID else {
                return .ambiguous(detail: "\(reply.status) without a message_id")
            }
            return .accepted(providerID: id)
        }
        guard let error = json?["error"], let code = error["code"]?.int else { return unexplained(reply, "\(reply.status)", now: now) }
        let subcode = error["error_subcode"]?.int
        let detail = subcode.map { "\(code)/\($0)" } ?? "\(code)"
        let row = MessengerOutcome.ladder.first { row in
            (row.code == nil || row.code == code) && (row.subcode == nil || row.subcode == subcode)
        }
        switch row?.meaning {
        case .stopped: return .configuration(detail: detail)
        case .windowClosed, .unavailable, .refused: return .rejected(detail: detail)
        case .gone: return .rejected(detail: detail, address: .invalid(since: nil))
        case .unreachable:
            // A wrong page_id gives the same code as a wrong person; it must not cost the recipients.
            let isPage = error["message"]?.string?.contains(pageID) ?? false
            return isPage ? .configuration(detail: detail) : .rejected(detail: detail)
        case .slowDown:
            let usage = usage(of: reply)
            return .notSent(detail: usage.percent.map { "\(detail) usage \($0) %" } ?? detail,
                            retryAfter: usage.pause ?? reply.retryAfter(now: now), scope: .account)
        case .slowThread, .retry: return .notSent(detail: detail, retryAfter: reply.retryAfter(now: now))
        case .open: return .ambiguous(detail: detail)
        case nil where error["is_transient"]?.bool == true:
            return .notSent(detail: detail, retryAfter: reply.retryAfter(now: now))
        case nil: return unexplained(reply, "\(reply.status) \(detail)", now: now)
        }
    }

    /// An unknown refusal stops the account, never its recipients; from 500 on, the message may have been taken.
    private func unexplained(_ reply: ProviderReply, _ detail: String, now: Timestamp) -> Outcome {
        switch reply.status {
        case 429: .notSent(detail: detail, retryAfter: usage(of: reply).pause ?? reply.retryAfter(now: now), scope: .account)
        case 408, 500..., 200..<300: .ambiguous(detail: detail)
        default: .configuration(detail: detail)
        }
    }

    /// How much of the quota is used, and how long to pause for it: `X-App-Usage` is one object of percentages,
    /// `X-Business-Use-Case-Usage` a list of them per business, with the minutes until access returns
    /// (Graph API, "Rate limits").
    func usage(of reply: ProviderReply) -> (percent: Int?, pause: Duration?) {
        var entries: [JSONValue] = []
        for name in ["x-app-usage", "x-business-use-case-usage"] {
            guard let text = reply.header(name), let json = try? JSONValue(parsing: Array(text.utf8)) else { continue }
            entries.append(json)
            for member in json.object?.members ?? [] { entries += member.value.array ?? [] }
        }
        let used = entries.flatMap { entry in
            ["call_count", "total_cputime", "total_time"].compactMap { entry[$0]?.number }
        }.max()
        let minutes = entries.compactMap { $0["estimated_time_to_regain_access"]?.number }.max() ?? 0
        let percent = used.map { Int(min(max($0, 0), 1_000)) }
        if minutes > 0 {
            // Clamped first: a conversion of an absurd number would trap.
            return (percent, min(.seconds(Int64(min(minutes, 1_440) * 60)), profile.maxPause))
        }
        return (percent, (used ?? 0) >= profile.pauseAtPercent ? profile.pause : nil)
    }
}
