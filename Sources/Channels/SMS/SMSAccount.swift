package import Core
internal import OpenSSL

/// The configuration of one SMS account: a gateway of our own (Kannel) or a provider (Twilio).
package struct SMSAccount: Sendable {
    package enum Provider: Sendable {
        case kannel(KannelSettings)
        case twilio(TwilioSettings)
    }

    package var account: Account
    package var provider: Provider
    /// 3 to 11 letters, digits, spaces, `-`, `.`, `&` with at least one letter; or a short code; or an E.164 number.
    package var sender: String
    /// Where providers reach us, without a trailing slash; callbacks go to `{public_url}/hooks/{account}`.
    package var publicURL: String
    /// 32 bytes; makes delivery report URLs unforgeable. The same over restarts, or reports under way are refused.
    package var callbackSecret: [UInt8]
    package var encodingPolicy = SMSEncodingPolicy.auto
    /// Appended on a line of its own to marketing messages that do not say STOP yet (`STOP 36111`).
    package var stopClause: String?
    package var profile = SMSProfile()

    package init(name: String, provider: Provider, sender: String, publicURL: String, callbackSecret: [UInt8]) {
        account = Account(name: name, channel: .sms)
        self.provider = provider
        self.sender = sender
        var url = publicURL
        while url.hasSuffix("/") { url.removeLast() }
        self.publicURL = url
        self.callbackSecret = callbackSecret
    }

    /// Where the provider calls us.
    package var callbackURL: String { "\(publicURL)/hooks/\(URLText.encode(account.name))" }

    /// Adds what is wrong with these settings, at the keys of config.json.
    package func check(at pointer: String, errors: FieldErrors) {
        func fail(_ key: String, _ detail: String) {
            errors.add(JSONPointer.join(pointer, key), "invalid_value", detail)
        }
        if !SMSAccount.isSender(sender) {
            fail("sender", "must be 3 to 11 letters, digits, spaces, '-', '.' or '&' with a letter among them,"
                + " a short code of 3 to 8 digits, or an E.164 number such as +33937000000")
        }
        if !SMSAccount.isHTTP(publicURL) { fail("public_url", "must be an http or https URL without a query") }
        if callbackSecret.count != 32 { fail("callback_secret_file", "must hold 32 bytes, holds \(callbackSecret.count)") }
        if let stopClause, !GSM7.canWrite(stopClause) { fail("stop_clause", "must be written in the GSM 7-bit alphabet") }
        if !(1...255).contains(profile.maxSegments) { fail("max_segments", "must be between 1 and 255") }
        switch provider {
        case .kannel(let kannel):
            if !SMSAccount.isHTTP(kannel.baseURL) {
                fail("base_url", "must be smsbox's sendsms URL, such as http://127.0.0.1:13013/cgi-bin/sendsms")
            }
            if kannel.username.isEmpty { fail("username", "must not be empty") }
            if let token = kannel.inboundToken, token.utf8.count < 16 {
                fail("inbound_token_file", "must hold at least 16 characters")
            }
            if let code = kannel.countryCode, PhoneNumber(e164: "+\(code)1234567") == nil {
                fail("country_code", "must be a country calling code such as 33")
            }
        case .twilio(let twilio):
            if !SMSAccount.isHTTP(twilio.baseURL) { fail("base_url", "must be an http or https URL without a query") }
            let sid = twilio.accountSID.utf8
            if sid.count != 34 || !sid.starts(with: "AC".utf8) || !sid.dropFirst(2).allSatisfy({ $0.hexDigit != nil }) {
                fail("account_sid", "must be AC and 32 hexadecimal digits")
            }
            if twilio.authToken.isEmpty { fail("auth_token_file", "must not be empty") }
        }
    }

    static func isSender(_ sender: String) -> Bool {
        let bytes = Array(sender.utf8)
        if PhoneNumber(e164: sender) != nil { return true }
        if bytes.allSatisfy(\.isASCIIDigit) { return (3...8).contains(bytes.count) }
        return (3...11).contains(bytes.count) && bytes.contains(where: \.isASCIILetter)
            && bytes.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || " -.&".utf8.contains($0) }
    }

    private static func isHTTP(_ url: String) -> Bool {
        let start = url.asciiLowercased
        return (start.hasPrefix("http://") || start.hasPrefix("https://")) && url.utf8.count > 8
            && url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    }
}

/// How to reach smsbox, and how it reaches us.
///
/// Its `sendsms-user` group needs `max-messages` of at least our `max_segments`, or it cuts texts silently, and
/// `concatenation = true`; replies come through an `sms-service` whose get-url is
/// `{public_url}/hooks/{account}?token={inbound_token}&from=%p&to=%P&text=%a&coding=%c&charset=%C&id=%I&at=%T`
/// with `omit-empty = true`.
package struct KannelSettings: Sendable {
    /// How recipients are written: what the operator's SMSC expects.
    package enum NumberFormat: String, Sendable, CaseIterable {
        case plus, digits
        case doubleZero = "double_zero"
    }

    /// The whole sendsms URL.
    package var baseURL: String
    package var username: String
    package var password: String
    /// The `token` of the get-url; without it replies are refused, since Kannel signs nothing.
    package var inboundToken: String?
    package var numberFormat = NumberFormat.plus
    /// What replaces the leading 0 of senders that the SMSC reports in national form (`33`).
    package var countryCode: String?
    /// Sum of 1 delivered, 2 failed, 4 buffered, 8 accepted by the SMSC, 16 rejected by it.
    package var deliveryReportMask = 31

    package init(baseURL: String, username: String, password: String, inboundToken: String? = nil) {
        self.baseURL = baseURL
        self.username = username
        self.password = password
        self.inboundToken = inboundToken
    }
}

/// A Twilio account (Programmable Messaging, REST API 2010-04-01).
package struct TwilioSettings: Sendable {
    package var accountSID: String
    /// Also the key of callback signatures, so it is needed beside an API key.
    package var authToken: String
    /// Authenticates requests instead of the auth token, when there is one.
    package var apiKey: (sid: String, secret: String)?
    /// Sends through a messaging service instead of `sender`.
    package var messagingServiceSID: String?
    package var baseURL = "https://api.twilio.com"
    package var apiVersion = "2010-04-01"

    package init(accountSID: String, authToken: String) {
        self.accountSID = accountSID
        self.authToken = authToken
    }

    /// HTTP Basic credentials (RFC 7617 section 2).
    var basicCredentials: String {
        let (user, password) = apiKey ?? (accountSID, authToken)
        return Base64.encode(Array("\(user):\(password)".utf8))
    }
}
