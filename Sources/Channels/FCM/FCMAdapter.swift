package import Core
internal import OpenSSL

/// Speaks FCM's HTTP v1 API for one Firebase project.
///
/// Owned by one sender thread. At least once: a repeated message carries the same `collapse_key` and
/// `tag`, so it replaces the first.
package final class FCMAdapter: ChannelAdapter {
    package let account: Account
    package let deliveryClass = DeliveryClass.atLeastOnce
    /// A minute at least from nothing to the full rate (Firebase, "Best practices when sending FCM messages at scale").
    package let ramp = Duration.seconds(60)

    private let sendURL: String
    private var token: AccessToken

    /// - Parameter baseURL: replaces `https://fcm.googleapis.com`, without a slash at the end. The token is
    ///   asked for at the `token_uri` of the service account, whatever this says.
    package init(account: Account, serviceAccount: ServiceAccount, baseURL: String? = nil) {
        self.account = account
        sendURL = (baseURL ?? "https://fcm.googleapis.com") + "/v1/projects/\(serviceAccount.projectID)/messages:send"
        token = AccessToken(account: serviceAccount)
    }

    package func credentialRequest(now: Timestamp) -> OutboundRequest? {
        // The key signed when it was loaded (`ServiceAccount` checked its kind), so a failure here is
        // libcrypto's own; without a token `prepare` then refuses by configuration.
        try? token.request(now: now)
    }

    package func acceptCredential(_ reply: ProviderReply, now: Timestamp) -> Outcome {
        token.accept(reply, now: now)
    }

    package func prepare(_ message: Message, to recipient: Recipient, now: Timestamp) -> PreparedMessage {
        guard case .fcm(let device) = recipient.address else {
            return .refused(.subscriptionInvalid, detail: "the address is no registration token")
        }
        guard let authorization = token.authorization else {
            return .refused(.providerConfig, detail: "there is no access token")
        }
        let timeToLive = FCMAdapter.timeToLive(of: message, now: now)
        guard timeToLive > 0 else { return .refused(.expired, detail: "the message expired before it was sent") }
        if let reserved = message.data.first(where: { FCMPayload.isReserved($0.name) }) {
            return .refused(.providerPermanent, detail: "the data key \(reserved.name) is FCM's own")
        }
        // Checked when the campaign was written: nothing is left to report here.
        let options = FCMOptions(message.options, errors: FieldErrors())
        let payload = FCMPayload(message: message, token: device, timeToLive: timeToLive, options: options)
        guard payload.countedBytes <= FCMPayload.maximumBytes else {
            return .refused(
                .payloadTooLarge, detail: "\(payload.countedBytes) bytes; FCM takes \(FCMPayload.maximumBytes)")
        }
        let headers = [("Authorization", authorization), ("Content-Type", "application/json")]
        return .request(OutboundRequest(.POST, sendURL, headers: headers, body: payload.body))
    }

    package func outcome(of reply: ProviderReply, now: Timestamp) -> Outcome {
        switch FCMOutcome.verdict(on: reply) {
        case .accepted(let providerID):
            token.worked()
            return .accepted(providerID: providerID)
        case .reject(let detail): return .rejected(detail: detail)
        case .mismatch(let detail): return .rejected(detail: detail, address: .mismatch)
        case .remove(let detail): return .rejected(detail: detail, address: .invalid(since: nil))
        case .configuration(let detail): return .configuration(detail: detail)
        case .unauthorized(let detail): return token.refused(now: now, detail: detail)
        case .retry(let detail, let scope, let floor, let fallback):
            let wait = reply.retryAfter(now: now).map { max($0, floor) } ?? fallback
            return .notSent(detail: detail, retryAfter: wait, scope: scope)
        case .unclear(let detail): return .ambiguous(detail: detail)
        }
    }

    /// Whole seconds, rounded up: 0 would mean now or never.
    private static func timeToLive(of message: Message, now: Timestamp) -> Int64 {
        guard let expiresAt = message.expiresAt else { return FCMPayload.maximumTimeToLive }
        let milliseconds = expiresAt.milliseconds.subtractingReportingOverflow(now.milliseconds)
        guard !milliseconds.overflow, milliseconds.partialValue > 0 else { return 0 }
        return min((milliseconds.partialValue - 1) / 1_000 + 1, FCMPayload.maximumTimeToLive)
    }
}
