internal import Core

/// What the answers of FCM mean (Firebase, "FCM error codes" and "ErrorCode").
///
/// `details[].errorCode` decides; the status does only where there is none. A 404 without it is a wrong
/// project, a 401 with it is not about our token.
enum FCMOutcome {
    enum Action: Equatable {
        /// A fault of this message, or of the pair of token and project.
        case reject
        /// The same, and what a wrong project of ours looks like.
        case mismatch
        /// The app instance is gone.
        case remove
        /// Payload or token: the details tell which.
        case invalidArgument
        case configuration
        case quota
        case retry
        /// No detail given: the status speaks.
        case byStatus
    }

    static let errorCodes: [(code: String, action: Action)] = [
        ("UNREGISTERED", .remove),
        ("INVALID_ARGUMENT", .invalidArgument),
        // What a service account of another project looks like for every token: the address is kept.
        ("SENDER_ID_MISMATCH", .mismatch),
        ("THIRD_PARTY_AUTH_ERROR", .configuration),
        ("APNS_AUTH_ERROR", .configuration),
        ("QUOTA_EXCEEDED", .quota),
        ("UNAVAILABLE", .retry),
        ("INTERNAL", .retry),
        ("UNSPECIFIED_ERROR", .byStatus),
    ]

    enum Verdict: Equatable {
        case accepted(providerID: String)
        case reject(String)
        case mismatch(String)
        case remove(String)
        case configuration(String)
        /// Our access token is refused.
        case unauthorized(String)
        case retry(String, scope: RetryScope, floor: Duration, fallback: Duration)
        case unclear(String)
    }

    /// FCM asks for 10 seconds before the first retry ("Best practices when sending FCM messages at scale").
    private static let floor = Duration.seconds(10)
    /// After a 429 without `Retry-After`.
    private static let quotaWait = Duration.seconds(60)

    static func verdict(on reply: ProviderReply) -> Verdict {
        let json = reply.json
        if reply.status == 200 {
            // Something else than FCM may have answered; counting that as accepted would be a lie.
            guard let name = json?["name"]?.providerID else { return .unclear("200 without a message name") }
            return .accepted(providerID: name)
        }
        let error = json?["error"]
        let code = errorCode(in: error)
        let row = code.flatMap { code in errorCodes.first { $0.code == code } }
        let detail = row.map { "\(reply.status) \($0.code)" } ?? "\(reply.status)"
        switch row?.action ?? .byStatus {
        case .reject: return .reject(detail)
        case .mismatch: return .mismatch(detail)
        case .remove: return .remove(detail)
        case .invalidArgument: return blamesToken(error) ? .remove(detail + " (token)") : .reject(detail)
        case .configuration: return .configuration(detail)
        case .quota: return quota(detail, error)
        case .retry: return .retry(detail, scope: .message, floor: floor, fallback: floor)
        case .byStatus: return verdict(onStatus: reply.status, detail, error)
        }
    }

    private static func verdict(onStatus status: Int, _ detail: String, _ error: JSONValue?) -> Verdict {
        switch status {
        case 400: blamesToken(error) ? .remove(detail + " (token)") : .reject(detail)
        case 401: .unauthorized(detail)
        case 413: .reject(detail)
        case 429: quota(detail, error)
        case 408, 425: .retry(detail, scope: .message, floor: floor, fallback: floor)
        case 504: .unclear(detail)
        // Also 403 (no permission, API disabled) and 404 (wrong project), and whatever 4xx we do not know.
        case 300..<500: .configuration(detail)
        case 500..<600: .retry(detail, scope: .message, floor: floor, fallback: floor)
        default: .unclear(detail)
        }
    }

    private static func errorCode(in error: JSONValue?) -> String? {
        error?["details"]?.array?.first { $0["@type"]?.string?.hasSuffix("google.firebase.fcm.v1.FcmError") == true }?[
            "errorCode"]?.string
    }

    /// Whether `BadRequest.fieldViolations` or the text says that the token, not the payload, is malformed.
    private static func blamesToken(_ error: JSONValue?) -> Bool {
        let violations = error?["details"]?.array?.flatMap { $0["fieldViolations"]?.array ?? [] } ?? []
        if !violations.isEmpty { return violations.allSatisfy { $0["field"]?.string == "message.token" } }
        let text = Array((error?["message"]?.string ?? "").asciiLowercased.utf8)
        return !text.ranges(of: Array("registration token is not a valid".utf8)).isEmpty
    }

    /// One device's rate concerns that device alone, the project's concerns everything.
    private static func quota(_ detail: String, _ error: JSONValue?) -> Verdict {
        let violations = error?["details"]?.array?.flatMap { $0["violations"]?.array ?? [] } ?? []
        let texts = violations.flatMap { [$0["subject"]?.string, $0["description"]?.string] }.compactMap(\.self)
        let isDevice = texts.contains { !Array($0.asciiLowercased.utf8).ranges(of: Array("device".utf8)).isEmpty }
        return .retry(detail, scope: isDevice ? .message : .account, floor: floor, fallback: quotaWait)
    }
}
