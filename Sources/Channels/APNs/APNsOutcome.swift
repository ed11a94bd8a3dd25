internal import Core

/// What the answers of APNs mean (Apple, "Handling notification responses from APNs").
///
/// `BadDeviceToken` and `DeviceTokenNotForTopic` reject the message but keep the address: both are what a
/// wrong environment or topic in our configuration looks like, and deleting on them would empty the table.
/// Only 410 removes an address, with the time at which Apple knew it to be invalid.
enum APNsOutcome {
    /// What a reason asks for.
    enum Action: Equatable {
        /// A fault of this message, or of this pair of token and topic.
        case reject
        /// The same, and what a wrong environment or topic of ours looks like.
        case mismatch
        /// The app is gone from the device.
        case remove
        /// The credential, topic or environment is refused, or we speak the protocol wrongly: it would hit
        /// every recipient alike.
        case configuration
        /// Apple's trouble, or a connection that is ending.
        case retry(seconds: Int64?)
        case tokenExpired
        case tokenReplaced
    }

    static let reasons: [(reason: String, status: Int, action: Action)] = [
        ("BadCollapseId", 400, .reject),
        ("BadDeviceToken", 400, .mismatch),
        ("BadExpirationDate", 400, .reject),
        ("BadMessageId", 400, .reject),
        ("BadPriority", 400, .reject),
        ("BadTopic", 400, .configuration),
        ("DeviceTokenNotForTopic", 400, .mismatch),
        ("DuplicateHeaders", 400, .configuration),
        ("IdleTimeout", 400, .retry(seconds: nil)),
        ("InvalidPushType", 400, .reject),
        ("MissingDeviceToken", 400, .configuration),
        ("MissingTopic", 400, .configuration),
        ("PayloadEmpty", 400, .configuration),
        ("TopicDisallowed", 400, .configuration),
        ("BadCertificate", 403, .configuration),
        ("BadCertificateEnvironment", 403, .configuration),
        ("ExpiredProviderToken", 403, .tokenExpired),
        ("Forbidden", 403, .configuration),
        ("InvalidProviderToken", 403, .configuration),
        ("MissingProviderToken", 403, .configuration),
        ("UnrelatedKeyIdInToken", 403, .configuration),
        ("BadEnvironmentKeyIdInToken", 403, .configuration),
        // Not in the documentation, but seen from the live service.
        ("BadEnvironmentKeyInToken", 403, .configuration),
        ("BadPath", 404, .configuration),
        ("MethodNotAllowed", 405, .configuration),
        ("ExpiredToken", 410, .remove),
        ("Unregistered", 410, .remove),
        ("PayloadTooLarge", 413, .reject),
        ("TooManyProviderTokenUpdates", 429, .tokenReplaced),
        // Too many to this one device; others are not concerned.
        ("TooManyRequests", 429, .retry(seconds: 10)),
        ("InternalServerError", 500, .retry(seconds: 60)),
        ("ServiceUnavailable", 503, .retry(seconds: 60)),
        ("Shutdown", 503, .retry(seconds: nil)),
    ]

    /// The action with all it needs; `detail` is the status and the reason.
    enum Verdict: Equatable {
        case accepted
        case reject(String)
        case mismatch(String)
        case remove(String, since: Timestamp?)
        case configuration(String)
        case retry(String, seconds: Int64?)
        case tokenExpired(String)
        case tokenReplaced(String)
        case unclear(String)
    }

    static func verdict(on reply: ProviderReply) -> Verdict {
        if reply.status == 200 { return .accepted }
        let json = reply.json
        // The status must agree: a reason alone may be a proxy's.
        let row = json?["reason"]?.string.flatMap { reason in
            reasons.first { $0.reason == reason && $0.status == reply.status }
        }
        guard let row else { return verdict(onUnknown: reply.status) }
        let detail = "\(row.status) \(row.reason)"
        switch row.action {
        case .reject: return .reject(detail)
        case .mismatch: return .mismatch(detail)
        // Milliseconds, as `apns-expiration` is not.
        case .remove: return .remove(detail, since: json?["timestamp"]?.int.map { Timestamp(milliseconds: $0) })
        case .configuration: return .configuration(detail)
        case .retry(let seconds): return .retry(detail, seconds: seconds)
        case .tokenExpired: return .tokenExpired(detail)
        case .tokenReplaced: return .tokenReplaced(detail)
        }
    }

    /// A reason nobody has documented: the status alone speaks. A 4xx that we do not understand stops the
    /// account rather than using up its audience; it never removes an address.
    private static func verdict(onUnknown status: Int) -> Verdict {
        switch status {
        case 410, 413: .reject("\(status)")
        case 408, 425, 429: .retry("\(status)", seconds: 10)
        case 504: .unclear("504")
        case 300..<500: .configuration("\(status)")
        case 500..<600: .retry("\(status)", seconds: 60)
        default: .unclear("\(status)")
        }
    }
}
