import Core
import SMS
import Testing

/// Accounts, messages and calls that the SMS tests share.
enum SMSFixtures {
    static let now = Timestamp.seconds(1_800_000_000)
    static let secret = [UInt8](repeating: 7, count: 32)
    static let sid = "SM0123456789abcdef0123456789abcdef"

    static func kannel(sender: String = "SHOP", _ change: (inout SMSAccount) -> Void = { _ in }) -> SMSAccount {
        let settings = KannelSettings(baseURL: "http://127.0.0.1:13013/cgi-bin/sendsms", username: "tester",
                                      password: "foo&bar", inboundToken: "0123456789abcdef")
        var account = SMSAccount(name: "sms-fr", provider: .kannel(settings), sender: sender,
                                 publicURL: "https://push.example.com/", callbackSecret: secret)
        change(&account)
        return account
    }

    static func twilio(_ change: (inout TwilioSettings) -> Void = { _ in }) -> SMSAccount {
        var settings = TwilioSettings(accountSID: "AC0123456789abcdef0123456789abcdef", authToken: "12345")
        change(&settings)
        return SMSAccount(name: "sms-us", provider: .twilio(settings), sender: "+15005550006",
                          publicURL: "https://push.example.com", callbackSecret: secret)
    }

    static func message(_ body: String, purpose: Purpose = .transactional, options: JSONObject = [:], url: String? = nil,
                        expiresAt: Timestamp? = nil) -> Message {
        Message(delivery: DeliveryID(rawValue: 12),
                key: MessageKey(run: RunID(rawValue: 1), recipient: 2, hash: SipHash(key: [UInt8](repeating: 1, count: 16))),
                collapseKey: "cmp_1", purpose: purpose, language: "fr", body: body, url: url, options: options,
                expiresAt: expiresAt)
    }

    static func recipient(_ number: String = "+33612345678") throws -> Recipient {
        Recipient(address: .sms(try #require(PhoneNumber(e164: number))))
    }

    static func prepare(_ account: SMSAccount, _ message: Message) throws -> PreparedMessage {
        SMSAdapter(account).prepare(message, to: try recipient(), now: now)
    }

    static func request(_ account: SMSAccount, _ message: Message) throws -> OutboundRequest {
        guard case .request(let request) = try prepare(account, message) else { throw Refused() }
        return request
    }

    struct Refused: Error {}

    /// The fields of a query or form.
    static func fields(_ text: some StringProtocol) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[String(parts[0])] = parts.count > 1 ? unescaped(parts[1]) : ""
        }
        return fields
    }

    static func query(_ url: String) -> [String: String] { fields(url.drop { $0 != "?" }.dropFirst()) }

    static func unescaped(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            if byte == UInt8(ascii: "%"), let high = rest.next()?.hexDigit, let low = rest.next()?.hexDigit {
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func get(_ target: String) -> Callback {
        let url = "https://push.example.com" + target
        return Callback(method: "GET", url: url, query: query(url).map { ($0.key, $0.value) }, headers: [], body: [])
    }

    /// Bytes that are the same in every run.
    static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 32)
        }
    }
}
