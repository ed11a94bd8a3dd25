import Core

/// Google's error envelope (google.rpc.Status) with the details FCM adds
/// (Firebase, "FCM ErrorCode" and the REST reference).
enum FCMError {
    /// The codes of `google.firebase.fcm.v1.FcmError`.
    enum Code: String, CaseIterable {
        case unregistered = "UNREGISTERED"
        case invalidArgument = "INVALID_ARGUMENT"
        case senderIDMismatch = "SENDER_ID_MISMATCH"
        case thirdPartyAuthError = "THIRD_PARTY_AUTH_ERROR"
        case quotaExceeded = "QUOTA_EXCEEDED"
        case unavailable = "UNAVAILABLE"
        case internalError = "INTERNAL"
        case unspecified = "UNSPECIFIED_ERROR"

        var status: Int {
            switch self {
            case .unregistered: 404
            case .invalidArgument: 400
            case .senderIDMismatch: 403
            case .thirdPartyAuthError: 401
            case .quotaExceeded: 429
            case .unavailable: 503
            case .internalError, .unspecified: 500
            }
        }

        var message: String {
            switch self {
            case .unregistered: "Requested entity was not found."
            case .invalidArgument: "Request contains an invalid argument."
            case .senderIDMismatch: "SenderId mismatch"
            case .thirdPartyAuthError: "Auth error from APNS or Web Push Service"
            case .quotaExceeded: "Quota exceeded for quota metric."
            case .unavailable: "The service is currently unavailable."
            case .internalError, .unspecified: "Internal error encountered."
            }
        }
    }

    /// A field that is wrong, as `google.rpc.BadRequest` names it.
    struct Violation: Equatable {
        let field: String
        let description: String
    }

    /// An error of FCM itself: it carries an FcmError, and a BadRequest when a field is to blame.
    static func answer(_ code: Code, violations: [Violation] = [], retryAfterSeconds: Int? = nil) -> ProviderAnswer {
        var details: [JSONValue] = [[
            "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": .string(code.rawValue),
        ]]
        if !violations.isEmpty { details.append(badRequest(violations)) }
        if code == .quotaExceeded {
            details.append([
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [["subject": "project", "description": "Messages per minute"]],
            ])
        }
        let message = violations.first?.description ?? code.message
        return envelope(code.status, message, details: details, retryAfterSeconds: retryAfterSeconds)
    }

    /// A refusal by the layer before FCM (routing, credentials, JSON mapping): there is no FcmError in it.
    static func plain(_ status: Int, _ message: String, violations: [Violation] = []) -> ProviderAnswer {
        envelope(status, message, details: violations.isEmpty ? [] : [badRequest(violations)])
    }

    private static func badRequest(_ violations: [Violation]) -> JSONValue {
        [
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": .array(violations.map {
                ["field": .string($0.field), "description": .string($0.description)]
            }),
        ]
    }

    private static func envelope(
        _ status: Int, _ message: String, details: [JSONValue], retryAfterSeconds: Int? = nil
    ) -> ProviderAnswer {
        var error: JSONObject = [
            "code": JSONValue(status), "message": .string(message), "status": .string(canonical[status] ?? "UNKNOWN"),
        ]
        if !details.isEmpty { error["details"] = .array(details) }
        let headers = retryAfterSeconds.map { [("Retry-After", String($0))] } ?? []
        return ProviderAnswer(status, headers: headers, json: ["error": .object(error)])
    }

    /// google.rpc.Code for an HTTP status.
    private static let canonical = [
        400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
        429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE",
    ]
}
