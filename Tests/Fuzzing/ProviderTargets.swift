import APNs
import Core
import FCM
import Messenger
import OpenSSL
import SMS
import WebPush

/// What providers answer and call back with. Their answers are as foreign as anybody's.
enum ProviderTargets {
    private static let now = Timestamp.seconds(1_800_000_000)

    // MARK: - Answers

    /// - Parameter bytes: `status LF (name ": " value LF)* LF body`; what is left out is empty.
    static func answer(_ bytes: [UInt8], to target: FuzzTarget) {
        guard let adapter = adapter(target) else { return }
        let reply = reply(bytes)
        // Twice: what the first answer taught the adapter (a credential refused) must not make the second one a trap.
        for _ in 0..<2 {
            _ = adapter.outcome(of: reply, now: now)
            if adapter.credentialRequest(now: now) != nil { _ = adapter.acceptCredential(reply, now: now) }
        }
    }

    private static func adapter(_ target: FuzzTarget) -> (any ChannelAdapter)? {
        switch target {
        case .answerAPNs:
            (try? signingKey.get()).map { key in
                APNsAdapter(account: Account(name: "ios", channel: .apns), teamID: "T", keyID: "K", key: key, topic: "com.example", environment: .production)
            }
        case .answerFCM:
            (try? rsaKey.get()).map { key in
                FCMAdapter(account: Account(name: "android", channel: .fcm), serviceAccount: ServiceAccount(
                    projectID: "p", clientEmail: "a@example.com", keyID: "k", key: key, tokenURL: "https://oauth2.googleapis.com/token"))
            }
        case .answerWebPush:
            (try? signingKey.get()).flatMap { try? WebPushAdapter(account: Account(name: "web", channel: .webpush), key: $0, subject: "mailto:ops@example.com") }
        case .answerMessenger: MessengerAdapter(page)
        case .answerKannel: SMSAdapter(kannel)
        case .answerTwilio: SMSAdapter(twilio)
        default: nil
        }
    }

    private static func reply(_ bytes: [UInt8]) -> ProviderReply {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let status = lines.first.flatMap { String(validating: $0, as: UTF8.self)?.decimal } ?? 200
        let fields = lines.dropFirst().prefix { !$0.isEmpty }
        let headers = fields.compactMap { line -> (name: String, value: String)? in
            guard let text = String(validating: line, as: UTF8.self), let colon = text.firstIndex(of: ":") else { return nil }
            return (text[..<colon].asciiLowercased, String(text[text.index(after: colon)...].drop { $0 == " " }))
        }
        let body = lines.dropFirst(fields.count + 2).joined(separator: [UInt8(ascii: "\n")])
        return ProviderReply(status: Int(truncatingIfNeeded: status), headers: headers, body: Array(body))
    }

    // MARK: - Callbacks

    /// - Parameter bytes: the body, which is signed as Meta signs.
    static func messengerHook(_ bytes: [UInt8]) {
        let signature = "sha256=" + Hex.encode(HMAC.sha256(key: Array("appsecret".utf8), message: bytes))
        let result = MessengerReceiver(page).receive(callback("POST", headers: [("x-hub-signature-256", signature)], body: bytes), now: now)
        precondition([200, 400, 413].contains(result.status), "a signed call is answered with \(result.status)")
    }

    /// - Parameter bytes: the query, without the token that lets it in.
    static func kannelHook(_ bytes: [UInt8]) {
        let pairs = form(bytes) + [(name: "token", value: "0123456789abcdef")]
        _ = SMSReceiver(kannel).receive(callback("GET", query: pairs), now: now)
    }

    /// - Parameter bytes: the form, which is signed as Twilio signs.
    static func twilioHook(_ bytes: [UInt8]) {
        let signed = hook + form(bytes).sorted { $0.name < $1.name }.map { $0.name + $0.value }.joined()
        let signature = Base64.encode(HMAC.sha1(key: Array("12345".utf8), message: Array(signed.utf8)))
        _ = SMSReceiver(twilio).receive(callback("POST", headers: [("x-twilio-signature", signature)], body: bytes), now: now)
    }

    private static func callback(_ method: String, query: [(name: String, value: String)] = [], headers: [(name: String, value: String)] = [],
                                 body: [UInt8] = []) -> Callback {
        Callback(method: method, url: hook, query: query, headers: headers, body: body)
    }

    /// `application/x-www-form-urlencoded`; an escape that is none stays as it is.
    private static func form(_ bytes: [UInt8]) -> [(name: String, value: String)] {
        bytes.split(separator: UInt8(ascii: "&")).map { pair in
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (unescaped(parts[0]), parts.count > 1 ? unescaped(parts[1]) : "")
        }
    }

    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
        var out: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let high = rest.first?.hexDigit, let low = rest.dropFirst().first?.hexDigit {
                out.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                out.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    // MARK: - Accounts

    private static let hook = "https://push.example.com/hooks/a"
    private static let signingKey = Result { try P256.SigningKey.generate() }
    private static let rsaKey = Result { try RSA.SigningKey.generate() }
    private static let page: MessengerAccount = {
        var page = MessengerAccount(name: "page", pageID: "1234567890", pageToken: "token", appSecret: "appsecret", verifyToken: "verify-me")
        page.appID = "77"
        return page
    }()
    private static let kannel = SMSAccount(
        name: "sms", provider: .kannel(KannelSettings(baseURL: "http://127.0.0.1:13013/cgi-bin/sendsms", username: "u", password: "p", inboundToken: "0123456789abcdef")),
        sender: "SHOP", publicURL: "https://push.example.com/", callbackSecret: [UInt8](repeating: 7, count: 32))
    private static let twilio = SMSAccount(
        name: "sms", provider: .twilio(TwilioSettings(accountSID: "AC0123456789abcdef0123456789abcdef", authToken: "12345")), sender: "+15005550006",
        publicURL: "https://push.example.com", callbackSecret: [UInt8](repeating: 7, count: 32))
}
