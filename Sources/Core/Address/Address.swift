/// Where one channel reaches one person. The identity is what makes two registrations the same subscription.
package enum Address: Sendable, Hashable {
    /// An APNs device token, lower-case hexadecimal.
    case apns(token: String)
    /// An FCM registration token or installation id.
    case fcm(token: String)
    /// A browser's push subscription (RFC 8030, RFC 8291): the endpoint is a capability URL and identifies it.
    case webpush(endpoint: String, p256dh: String, auth: String)
    /// A page-scoped Messenger id, or a `user_ref` of the checkbox plugin.
    case messenger(psid: String)
    case sms(PhoneNumber)

    package var channel: Channel {
        switch self {
        case .apns: .apns
        case .fcm: .fcm
        case .webpush: .webpush
        case .messenger: .messenger
        case .sms: .sms
        }
    }

    /// What identifies the subscription within its account.
    package var identity: String {
        switch self {
        case .apns(let token), .fcm(let token): token
        case .webpush(let endpoint, _, _): endpoint
        case .messenger(let psid): psid
        case .sms(let number): number.e164
        }
    }

    /// What is stored beside the identity (web push keys), as compact JSON.
    package var keys: String? {
        guard case .webpush(_, let p256dh, let auth) = self else { return nil }
        return JSONValue.object(["p256dh": .string(p256dh), "auth": .string(auth)]).text
    }

    /// Rebuilds a stored address; nil when the row does not fit the channel.
    package init?(channel: Channel, identity: String, keys: String?) {
        switch channel {
        case .apns: self = .apns(token: identity)
        case .fcm: self = .fcm(token: identity)
        case .messenger: self = .messenger(psid: identity)
        case .sms:
            guard let number = PhoneNumber(e164: identity) else { return nil }
            self = .sms(number)
        case .webpush:
            guard let keys, let json = try? JSONValue(parsing: Array(keys.utf8)),
                let p256dh = json["p256dh"]?.string, let auth = json["auth"]?.string
            else { return nil }
            self = .webpush(endpoint: identity, p256dh: p256dh, auth: auth)
        case .whatsapp, .line, .wechat, .inapp: return nil
        }
    }

    /// The address as the API shows it. Tokens, endpoints and numbers are secrets or personal: only the last four characters.
    package var redacted: String { "…" + identity.suffix(4) }
}
