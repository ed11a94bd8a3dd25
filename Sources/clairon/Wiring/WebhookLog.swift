import Logging
import Storage
import Webhooks

/// What the sender of webhooks tells the operator, as log lines. A URL may hold a secret: none is in them.
enum WebhookLog {
    static func write(_ notice: WebhookNotice, to log: Logger) {
        switch notice {
        case .failing(let id, let status, let error):
            log.warning("webhook_failing", metadata: ["webhook": "\(id)", "detail": "\(status.map(String.init) ?? error ?? "")"])
        case .disabled(let id, let reason):
            log.error("webhook_disabled", metadata: ["webhook": "\(id)", "reason": "\(reason.rawValue)"])
        case .storeFailed(let error): log.error("webhook_store_failed", metadata: ["error": "\(error)"])
        }
    }
}
