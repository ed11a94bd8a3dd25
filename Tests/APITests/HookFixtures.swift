import Core
import Messenger
import OpenSSL
import SMS
import Storage

/// The accounts that are called back, and calls as their providers make them.
enum HookFixtures {
    static let secret = [UInt8](repeating: 7, count: 32)
    static let token = "0123456789abcdef"
    static let psid = "6543210987654321"

    static let page = MessengerAccount(name: "page", pageID: "1234567890", pageToken: "EAAB-token", appSecret: "appsecret", verifyToken: "verify-me")

    static let sms = SMSAccount(
        name: "sms-fr",
        provider: .kannel(KannelSettings(baseURL: "http://127.0.0.1:1/cgi-bin/sendsms", username: "u", password: "p", inboundToken: token)),
        sender: "SHOP", publicURL: "https://push.example.com", callbackSecret: secret)

    static let twilio = SMSAccount(
        name: "sms-us",
        provider: .twilio(TwilioSettings(accountSID: "AC0123456789abcdef0123456789abcdef", authToken: "12345")),
        sender: "+15005550006", publicURL: "https://push.example.com", callbackSecret: secret)

    static var receivers: [any CallbackReceiver] { [MessengerReceiver(page), SMSReceiver(sms), SMSReceiver(twilio)] }
}

extension CampaignServer {
    /// One messaging item of a Page's webhook, signed as Meta signs.
    func messenger(_ item: String, signature: String? = nil) async throws -> Reply {
        let body = "{\"object\":\"page\",\"entry\":[{\"id\":\"1234567890\",\"time\":\(now),\"messaging\":[\(item)]}]}"
        let code = Hex.encode(HMAC.sha256(key: Array("appsecret".utf8), message: Array(body.utf8)))
        return try await send("POST", "/hooks/page", body, key: .some(nil), headers: [("x-hub-signature-256", signature ?? "sha256=\(code)")])
    }

    /// What a person answers by SMS, as Kannel hands it over.
    func reply(_ words: String, from number: String, id: String, token: String = HookFixtures.token) async throws -> Reply {
        try await send("GET", "/hooks/sms-fr?token=\(token)&from=%2B\(number)&text=\(words)&id=\(id)", key: .some(nil))
    }

    /// Milliseconds since 1970.
    var now: Int64 { store.now.milliseconds }
}
