import API
import Core
import Storage
import Webhooks

/// What webhooks have to tell `/metrics`.
struct WebhookMetrics: Sendable {
    let sender: WebhookSender
    let store: Store

    @Sendable func read() async -> [Metric] {
        let attempts = sender.attempts
        let counted = Metric("clairon_webhook_attempts_total", .counter, "Attempts to tell a webhook of an event, by what came of them.",
                             WebhookResult.allCases.map { .init(Double(attempts[$0, default: 0]), labels: [("result", $0.rawValue)]) })
        // An outbox that cannot be read now has nothing to tell.
        guard let (pending, since) = try? await store.read({ try $0.webhookBacklog() }) else { return [counted] }
        let age = since.map { Double(max(0, (store.now - $0).milliseconds)) / 1_000 } ?? 0
        return [
            counted,
            Metric("clairon_webhook_pending_deliveries", .gauge, "Events on their way to webhooks that are enabled.", [.init(Double(pending))]),
            Metric("clairon_webhook_oldest_pending_seconds", .gauge, "Since when the first of them is under way.", [.init(age)]),
        ]
    }
}

extension WebhookSettings {
    init(_ config: Config.OutboundWebhooks) {
        self.init()
        allowsPrivate = config.allowPrivateEndpoints
        caFile = config.caFile
        userAgent = "Clairon/\(Clairon.version)"
    }
}
