internal import Core

/// What the answers of push services mean.
///
/// The tables hold what Mozilla's autopush (`errno`), Apple (`reason`) and Google (a word in the text) say
/// beyond the status; a status alone decides the rest (RFC 8030 §5, §7, §8.4).
///
/// An endpoint may belong to anybody who registered it, so `.configuration` here speaks of the origin that
/// answered: the account as a whole must not stop for one push service. For the same reason an unknown
/// 4xx rejects the message alone.
enum WebPushOutcome {
    enum Verdict {
        /// A fault of this message or of ours: the address is kept.
        case reject
        /// The subscription is gone.
        case remove
        /// The VAPID token or key is refused.
        case configuration
        /// The subscription was made with another VAPID key.
        case keyMismatch
        /// The service is in trouble.
        case retry(seconds: Int64)
        /// We are too fast for this service.
        case throttle(seconds: Int64)
    }

    /// autopush-rs, docs/src/errors.md.
    static let errnos: [(errno: Int64, verdict: Verdict, meaning: String)] = [
        (101, .reject, "crypto headers or keys missing"),
        (102, .remove, "invalid endpoint"),
        (103, .remove, "subscription expired"),
        (104, .reject, "payload too large"),
        (105, .remove, "subscriber deleted while routing"),
        (106, .remove, "no such subscription"),
        (108, .remove, "bad router type in the endpoint"),
        (109, .configuration, "VAPID token refused"),
        (110, .reject, "crypto keys invalid"),
        (111, .reject, "required header missing"),
        (112, .reject, "TTL unreadable"),
        (113, .reject, "bad Topic"),
        (114, .reject, "negative TTL"),
        (201, .retry(seconds: 120), "overloaded"),
        (202, .retry(seconds: 0), "try again at once"),
        (900, .retry(seconds: 60), "bridge misconfigured"),
        (901, .retry(seconds: 60), "bridge authentication failed"),
        (902, .retry(seconds: 60), "bridge not reached"),
        (903, .retry(seconds: 60), "bridge timed out"),
        (999, .retry(seconds: 60), "unknown error"),
    ]

    /// Apple, "Sending web push notifications in web apps and browsers".
    static let reasons: [(reason: String, verdict: Verdict)] = [
        ("BadTtl", .reject),
        ("BadUrgency", .reject),
        ("BadWebPushRequest", .reject),
        ("BadWebPushTopic", .reject),
        ("VapidPkHashMismatch", .keyMismatch),
        ("IdleTimeout", .retry(seconds: 0)),
        ("BadAuthorizationHeader", .configuration),
        ("BadJwtToken", .configuration),
        ("BadVapidPublicKey", .configuration),
        ("BadPath", .reject),
        ("MethodNotAllowed", .reject),
        ("PayloadTooLarge", .reject),
        ("TooManyRequests", .throttle(seconds: 60)),
        ("InternalServerError", .retry(seconds: 60)),
        ("ServiceUnavailable", .retry(seconds: 60)),
        ("Shutdown", .retry(seconds: 0)),
    ]

    /// Words in the plain text that Google's web push service answers with 400 and 403.
    static let phrases: [(status: Int, phrase: String, verdict: Verdict)] = [
        (403, "do not correspond to the credentials used to create the subscription", .keyMismatch),
        (400, "UnauthorizedRegistration", .configuration),
    ]

    static let statuses: [(status: Int, verdict: Verdict)] = [
        (301, .reject), (302, .reject), (303, .reject), (307, .reject), (308, .reject),
        (400, .reject),
        (401, .configuration), (403, .configuration),
        (404, .remove), (410, .remove),
        // Windows throttles with 406, often with Retry-After: 900.
        (406, .throttle(seconds: 900)),
        (408, .retry(seconds: 10)),
        (413, .reject),
        (425, .retry(seconds: 1)),
        // Chrome limits a whole site to 1,000 a minute (January 2026).
        (429, .throttle(seconds: 60)),
    ]

    /// - Parameter keyHasWorked: a subscription made with another key is that subscription's fault only
    ///   when the key works elsewhere; before that, our key is the likelier mistake.
    static func of(_ reply: ProviderReply, now: Timestamp, keyHasWorked: Bool) -> Outcome {
        switch reply.status {
        case 200, 201, 202, 204: return .accepted(providerID: messageID(in: reply))
        // A gateway gave up waiting: the service behind may have taken it.
        case 504: return .ambiguous(detail: "504")
        default: break
        }
        let (verdict, detail) = verdict(on: reply)
        switch verdict {
        case .reject: return .rejected(detail: detail)
        case .remove: return .rejected(detail: detail, address: .invalid(since: nil))
        case .configuration: return .configuration(detail: detail)
        case .keyMismatch: return keyHasWorked ? .rejected(detail: detail, address: .mismatch) : .configuration(detail: detail)
        case .retry(let seconds):
            return .notSent(detail: detail, retryAfter: reply.retryAfter(now: now) ?? wait(seconds))
        case .throttle(let seconds):
            return .notSent(detail: detail, retryAfter: reply.retryAfter(now: now) ?? wait(seconds), scope: .origin)
        case nil: return .ambiguous(detail: detail)
        }
    }

    private static func verdict(on reply: ProviderReply) -> (Verdict?, detail: String) {
        let status = reply.status
        guard status >= 300, status < 600 else { return (nil, "\(status)") }
        let json = reply.json
        if let errno = json?["errno"]?.int, let row = errnos.first(where: { $0.errno == errno }) {
            return (row.verdict, "\(status) errno \(errno)")
        }
        if let reason = json?["reason"]?.string, let row = reasons.first(where: { $0.reason == reason }) {
            return (row.verdict, "\(status) \(row.reason)")
        }
        for row in phrases where row.status == status && !reply.body.ranges(of: Array(row.phrase.utf8)).isEmpty {
            return (row.verdict, "\(status) \(row.phrase)")
        }
        if let row = statuses.first(where: { $0.status == status }) { return (row.verdict, "\(status)") }
        return (status >= 500 ? .retry(seconds: 60) : .reject, "\(status)")
    }

    private static func wait(_ seconds: Int64) -> Duration? { seconds == 0 ? nil : .seconds(seconds) }

    /// `Location` names the message (RFC 8030 §5); Apple and Windows have ids of their own.
    private static func messageID(in reply: ProviderReply) -> String? {
        let id = reply.header("apns-id") ?? reply.header("x-wns-msg-id") ?? reply.header("location")
        return id.flatMap { $0.utf8.count <= 512 ? $0 : nil }
    }
}
