package import Core
internal import OpenSSL

/// Sends through the Send API of one Page. It has no idempotency key: after an open outcome the echo or the delivery
/// event settles the message, never a second attempt.
package final class MessengerAdapter: ChannelAdapter {
    package let account: Account
    package let deliveryClass = DeliveryClass.atMostOnce
    private let settings: MessengerAccount
    private let url: String
    private let headers: [(name: String, value: String)]

    package init(_ settings: MessengerAccount) {
        self.settings = settings
        account = settings.account
        // Graph API, "Securing requests": an app may demand the proof, and always takes it.
        let proof = Hex.encode(HMAC.sha256(key: Array(settings.appSecret.utf8), message: Array(settings.pageToken.utf8)))
        var base = settings.baseURL
        while base.hasSuffix("/") { base.removeLast() }
        // The query is a secret: it belongs into no log.
        url = "\(base)/\(settings.profile.apiVersion)/\(settings.pageID)/messages?appsecret_proof=\(proof)"
        headers = [("Authorization", "Bearer \(settings.pageToken)"), ("Content-Type", "application/json")]
    }

    package func prepare(_ message: Message, to recipient: Recipient, now: Timestamp) -> PreparedMessage {
        guard case .messenger(let identity) = recipient.address else {
            return .refused(.subscriptionInvalid, detail: "the address is no Messenger id")
        }
        if let expiresAt = message.expiresAt, expiresAt <= now { return .refused(.expired, detail: "expired before sending") }
        let isOpen = recipient.windowExpiresAt.map { $0 > now } ?? false
        let content = isOpen ? MessengerContent.free(message, settings.profile) : outsideWindow(message)
        switch content {
        case .refused(let reason, let detail): return .refused(reason, detail: detail)
        case .message(var parts):
            // Comes back in the echo, which names the delivery when the answer was lost.
            parts["metadata"] = .string(message.delivery.description)
            var body: JSONObject = [
                "recipient": MessengerID.recipient(identity), "messaging_type": isOpen ? "UPDATE" : "UTILITY",
                "message": .object(parts),
            ]
            if let type = message.options["notification_type"] { body["notification_type"] = type }
            return .request(OutboundRequest(.POST, url, headers: headers, body: JSONValue.object(body).bytes))
        }
    }

    /// Outside the window only approved utility templates may go, and they must not promote
    /// (Messenger Platform policy; "Utility messages").
    private func outsideWindow(_ message: Message) -> MessengerContent {
        guard let template = UtilityTemplate(message.options) else {
            return .refused(.policyWindowClosed, detail: "the standard messaging window is closed")
        }
        guard message.purpose != .marketing else {
            return .refused(.policyPurposeForbidden, detail: "a utility template must not carry marketing")
        }
        switch template.render(message) {
        case .template(let template): return .message(["template": template])
        case .missing(let field): return .refused(.variableMissing, detail: "utility_template needs \(field)")
        }
    }

    package func outcome(of reply: ProviderReply, now: Timestamp) -> Outcome {
        MessengerOutcome(profile: settings.profile, pageID: settings.pageID).outcome(of: reply, now: now)
    }
}
