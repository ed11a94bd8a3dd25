import Core
import Messenger
import OpenSSL
import Testing

/// A Page, messages and signed webhooks that the Messenger tests share.
enum MessengerFixtures {
    static let now = Timestamp(milliseconds: 1_800_000_000_500)
    static let psid = "6543210987654321"

    static func page(_ change: (inout MessengerAccount) -> Void = { _ in }) -> MessengerAccount {
        var account = MessengerAccount(name: "page", pageID: "1234567890", pageToken: "EAAB-token", appSecret: "appsecret",
                                       verifyToken: "verify-me")
        account.appID = "77"
        change(&account)
        return account
    }

    static func message(_ body: String, title: String? = nil, url: String? = nil, purpose: Purpose = .marketing,
                        language: String = "fr-CA", options: JSONObject = [:], data: [(name: String, value: String)] = [],
                        expiresAt: Timestamp? = nil) -> Message {
        Message(delivery: DeliveryID(rawValue: 12),
                key: MessageKey(run: RunID(rawValue: 1), recipient: 2, hash: SipHash(key: [UInt8](repeating: 1, count: 16))),
                collapseKey: "cmp_1", purpose: purpose, language: language, title: title, body: body, url: url, data: data,
                options: options, expiresAt: expiresAt)
    }

    static func prepare(_ message: Message, to psid: String = psid, window: Duration? = .seconds(60),
                        _ account: MessengerAccount = page()) -> PreparedMessage {
        let recipient = Recipient(address: .messenger(psid: psid), windowExpiresAt: window.map { now + $0 })
        return MessengerAdapter(account).prepare(message, to: recipient, now: now)
    }

    static func body(_ prepared: PreparedMessage) throws -> String {
        guard case .request(let request) = prepared else { throw Refused() }
        return String(decoding: request.body, as: UTF8.self)
    }

    static func reason(_ prepared: PreparedMessage) -> Reason? {
        if case .refused(let reason, _) = prepared { reason } else { nil }
    }

    struct Refused: Error {}

    static func receive(_ body: [UInt8], _ account: MessengerAccount = page()) -> CallbackResult {
        let signature = "sha256=" + Hex.encode(HMAC.sha256(key: Array(account.appSecret.utf8), message: body))
        let callback = Callback(method: "POST", url: "https://push.example.com/hooks/page", query: [],
                                headers: [("x-hub-signature-256", signature)], body: body)
        return MessengerReceiver(account).receive(callback, now: now)
    }

    /// Wraps one messaging item as Meta does.
    static func receive(item: String, _ account: MessengerAccount = page()) -> CallbackResult {
        receive(Array("{\"object\":\"page\",\"entry\":[{\"id\":\"1234567890\",\"time\":1799999999000,\"messaging\":[\(item)]}]}".utf8), account)
    }
}
