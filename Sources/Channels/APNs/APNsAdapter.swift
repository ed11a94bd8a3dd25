package import Core
package import OpenSSL

/// Speaks Apple's HTTP/2 provider API for one app (Apple, "Sending notification requests to APNs").
///
/// Owned by one sender thread. At least once: a repeated message carries the same `apns-id` and
/// `apns-collapse-id`, so it replaces the first.
package final class APNsAdapter: ChannelAdapter {
    package enum Environment: String, Sendable, CaseIterable {
        case production
        /// Development builds; their tokens are unknown to production and the other way round.
        case sandbox

        package var baseURL: String {
            switch self {
            case .production: "https://api.push.apple.com"
            case .sandbox: "https://api.sandbox.push.apple.com"
            }
        }
    }

    package let account: Account
    package let deliveryClass = DeliveryClass.atLeastOnce

    private let topic: String
    private let deviceURL: String
    private var token: ProviderToken

    /// - Parameters:
    ///   - topic: the app's bundle id.
    ///   - baseURL: replaces the environment's, without a slash at the end.
    package init(
        account: Account, teamID: String, keyID: String, key: P256.SigningKey, topic: String,
        environment: Environment, baseURL: String? = nil
    ) {
        self.account = account
        self.topic = topic
        deviceURL = (baseURL ?? environment.baseURL) + "/3/device/"
        token = ProviderToken(teamID: teamID, keyID: keyID, key: key)
    }

    package func prepare(_ message: Message, to recipient: Recipient, now: Timestamp) -> PreparedMessage {
        guard case .apns(let device) = recipient.address, APNsRules.isToken(device) else {
            return .refused(.subscriptionInvalid, detail: "the address is no device token")
        }
        if let expiresAt = message.expiresAt, expiresAt <= now {
            return .refused(.expired, detail: "the message expired before it was sent")
        }
        guard !message.data.contains(where: { $0.name == "aps" }) else {
            return .refused(.providerPermanent, detail: "the data key aps is Apple's own")
        }
        // Checked when the campaign was written: nothing is left to report here.
        let options = APNsOptions(message.options, errors: FieldErrors())
        let body = APNsPayload.bytes(of: message, options: options)
        guard body.count <= APNsPayload.maximumBytes else {
            return .refused(.payloadTooLarge, detail: "\(body.count) bytes; APNs takes \(APNsPayload.maximumBytes)")
        }
        do throws(OpenSSLError) {
            var headers = [
                ("authorization", try token.authorization(now: now)),
                ("apns-topic", topic),
                ("apns-push-type", options.isBackground ? "background" : "alert"),
                // 10 with a background push is an error.
                ("apns-priority", String(options.priority ?? (options.isBackground ? 5 : 10))),
                ("apns-id", message.key.description),
                ("apns-collapse-id", APNsAdapter.collapseID(message.collapseKey)),
            ]
            if let expiresAt = message.expiresAt {
                // Rounded up: 0 would mean one attempt, never stored.
                headers.append(("apns-expiration", String((expiresAt + .milliseconds(999)).seconds)))
            }
            return .request(OutboundRequest(.POST, deviceURL + device, headers: headers, body: body))
        } catch {
            return .refused(.providerConfig, detail: error.description)
        }
    }

    package func outcome(of reply: ProviderReply, now: Timestamp) -> Outcome {
        switch APNsOutcome.verdict(on: reply) {
        case .accepted: return .accepted(providerID: reply.header("apns-id"))
        case .reject(let detail): return .rejected(detail: detail)
        case .mismatch(let detail): return .rejected(detail: detail, address: .mismatch)
        case .remove(let detail, let since): return .rejected(detail: detail, address: .invalid(since: since))
        case .configuration(let detail): return .configuration(detail: detail)
        case .retry(let detail, let seconds):
            return .notSent(detail: detail, retryAfter: reply.retryAfter(now: now) ?? seconds.map { .seconds($0) })
        case .tokenExpired(let detail):
            switch token.expired(now: now) {
            case .retry: return .notSent(detail: detail)
            case .clockIsWrong: return .configuration(detail: detail + ": the clock of this machine is wrong")
            }
        case .tokenReplaced(let detail):
            return .notSent(detail: detail, retryAfter: token.replacedTooOften(now: now), scope: .account)
        case .unclear(let detail): return .ambiguous(detail: detail)
        }
    }

    /// At most 64 bytes; campaign keys have 32.
    private static func collapseID(_ key: String) -> String {
        key.utf8.count <= 64 ? key : Hex.encode(SHA256.hash(Array(key.utf8)))
    }
}
