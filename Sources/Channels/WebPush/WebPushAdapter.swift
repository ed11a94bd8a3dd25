package import Core
package import OpenSSL

/// Speaks RFC 8030 to whatever push service a browser named: encrypted by RFC 8291, signed by RFC 8292.
///
/// Owned by one sender thread. At least once: a repeated message carries the same `Topic` and `tag`, so it
/// replaces the first. Redirects are not followed, since a push service could point them inside our
/// network: a 301, 307 or 308 is a rejection that keeps the address.
package final class WebPushAdapter: ChannelAdapter {
    package let account: Account
    package let deliveryClass = DeliveryClass.atLeastOnce
    package let faultScope = RetryScope.origin

    private var tokens: VAPIDTokens
    private var encryption: WebPushEncryption
    /// A push service has taken a message signed with this key.
    private var keyHasWorked = false

    /// - Parameters:
    ///   - key: the VAPID key; every subscription is bound to the one it was made with (RFC 8292 §4).
    ///   - subject: a `mailto:` or `https:` contact.
    package init(account: Account, key: P256.SigningKey, subject: String) throws(OpenSSLError) {
        self.account = account
        tokens = VAPIDTokens(key: key, subject: subject)
        encryption = try WebPushEncryption()
    }

    package func prepare(_ message: Message, to recipient: Recipient, now: Timestamp) -> PreparedMessage {
        guard case .webpush(let url, let p256dh, let auth) = recipient.address, let endpoint = PushEndpoint(url),
            let receiver = Receiver(p256dh: p256dh, auth: auth)
        else { return .refused(.subscriptionInvalid, detail: "the address is no push subscription") }
        // Google's first push service is gone; its subscriptions cannot be moved.
        guard endpoint.origin != "https://android.googleapis.com" else {
            return .refused(.subscriptionInvalid, detail: "the push service android.googleapis.com no longer exists")
        }
        let timeToLive = WebPushAdapter.timeToLive(of: message, now: now)
        guard timeToLive > 0 else { return .refused(.expired, detail: "the message expired before it was sent") }

        // Checked when the campaign was written: nothing is left to report here.
        let options = WebPushOptions(message.options, errors: FieldErrors())
        let plaintext = WebPushPayload.bytes(of: message, options: options)
        guard plaintext.count <= WebPushEncryption.maximumPlaintextBytes else {
            return .refused(
                .payloadTooLarge,
                detail: "\(plaintext.count) bytes; web push takes \(WebPushEncryption.maximumPlaintextBytes)")
        }
        do throws(OpenSSLError) {
            let padding = WebPushPayload.padding(of: plaintext.count)
            guard let body = try encryption.encrypt(plaintext, for: receiver, padding: padding) else {
                return .refused(.subscriptionInvalid, detail: "the subscription's key is not on the curve")
            }
            let headers = [
                ("TTL", String(timeToLive)),
                ("Urgency", (options.urgency ?? .normal).rawValue),
                ("Topic", WebPushAdapter.topic(message.collapseKey)),
                ("Content-Encoding", "aes128gcm"),
                ("Content-Type", "application/octet-stream"),
                ("Authorization", try tokens.authorization(for: endpoint.origin, now: now)),
            ]
            return .request(OutboundRequest(.POST, endpoint.url, headers: headers, body: body))
        } catch {
            return .refused(.providerConfig, detail: error.description)
        }
    }

    package func outcome(of reply: ProviderReply, now: Timestamp) -> Outcome {
        let outcome = WebPushOutcome.of(reply, now: now, keyHasWorked: keyHasWorked)
        if case .accepted = outcome { keyHasWorked = true }
        return outcome
    }

    /// The longest that services keep a message: 30 days, 28 where Google's is behind.
    private static let maximumTimeToLive: Int64 = 28 * 86_400

    /// Seconds, rounded up: Windows refuses a TTL of 0.
    private static func timeToLive(of message: Message, now: Timestamp) -> Int64 {
        guard let expiresAt = message.expiresAt else { return maximumTimeToLive }
        let milliseconds = expiresAt.milliseconds.subtractingReportingOverflow(now.milliseconds)
        guard !milliseconds.overflow, milliseconds.partialValue > 0 else { return 0 }
        return min((milliseconds.partialValue - 1) / 1_000 + 1, maximumTimeToLive)
    }

    /// At most 32 characters of the base64url alphabet (RFC 8030 §5.4): the campaign's key as it is, or a
    /// hash of one that does not fit.
    static func topic(_ collapseKey: String) -> String {
        let fits = (1...32).contains(collapseKey.utf8.count) && collapseKey.utf8.allSatisfy { byte in
            byte.isASCIILetter || byte.isASCIIDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
        return fits ? collapseKey : Base64URL.encode(Array(SHA256.hash(Array(collapseKey.utf8))[..<24]))
    }
}
