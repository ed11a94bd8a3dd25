package import Core
package import OpenSSL

/// The OAuth access token of a service account, asked for with a signed assertion (RFC 7523; Google,
/// "Using OAuth 2.0 for server to server applications").
///
/// Plain state of one sender thread: asking, taking, and dropping it when FCM refuses it.
package struct AccessToken {
    private static let scope = "https://www.googleapis.com/auth/firebase.messaging"
    /// Renewed so long before its end, or at half its life if that is shorter.
    private static let margin = Duration.seconds(300)
    /// An assertion lives for an hour; a repeated request may use it this long.
    private static let assertionUse = Duration.seconds(300)
    /// How long answers to requests that carried the token before may still come in.
    private static let stragglers = Duration.seconds(15)

    /// By how much a clock may be set back without a new token.
    private static let correction = Duration.seconds(5)

    private struct Token {
        let authorization: String
        let acquiredAt: Timestamp
        let renewAt: Timestamp
        /// It was asked for because the one before was refused.
        let followsRefusal: Bool
    }

    private let account: ServiceAccount
    private var token: Token?
    private var pending: (request: OutboundRequest, at: Timestamp)?
    private var wasRefused = false
    /// FCM took a message with the current token.
    private var hasWorked = false

    package init(account: ServiceAccount) {
        self.account = account
    }

    /// The value of `Authorization`, or nil when there is none to send with.
    package var authorization: String? { token?.authorization }

    /// The token request, or nil while the token is good. The same request again until it is answered:
    /// an RSA signature per question would be far too dear.
    ///
    /// - Throws: when the key cannot sign.
    package mutating func request(now: Timestamp) throws(OpenSSLError) -> OutboundRequest? {
        // One acquired in the future is from before the clock was set back: nobody knows how long it lives.
        if let token, now < token.renewAt, now > token.acquiredAt - AccessToken.correction { return nil }
        if let pending, now - pending.at < AccessToken.assertionUse, now >= pending.at { return pending.request }
        let header: JSONValue = ["alg": "RS256", "typ": "JWT", "kid": .string(account.keyID)]
        let claims: JSONValue = [
            "iss": .string(account.clientEmail), "scope": .string(AccessToken.scope),
            "aud": .string(account.tokenURL), "iat": .int(now.seconds), "exp": .int(now.seconds + 3_600),
        ]
        let assertion = try JWT.sign(header: header.bytes, claims: claims.bytes, with: account.key)
        // base64url and dots need no escaping in a form; the colons of the grant type do.
        let form = Array("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=".utf8) + assertion
        let request = OutboundRequest(
            .POST, account.tokenURL, headers: [("Content-Type", "application/x-www-form-urlencoded")], body: form)
        pending = (request, now)
        return request
    }

    /// Takes the answer. A refusal is a fault of the configuration (a deleted key, a wrong clock), never of a device.
    package mutating func accept(_ reply: ProviderReply, now: Timestamp) -> Outcome {
        switch reply.status {
        case 200: break
        case 408, 429, 500...599:
            return .notSent(
                detail: "token: \(reply.status)", retryAfter: reply.retryAfter(now: now) ?? .seconds(10), scope: .account)
        default:
            // A new assertion for the next try: this one may be what was wrong.
            pending = nil
            let error = reply.json?["error"]?.string.flatMap { AccessToken.isWord($0) ? " " + $0 : nil }
            return .configuration(detail: "token: \(reply.status)" + (error ?? ""))
        }
        pending = nil
        let json = reply.json
        guard let value = json?["access_token"]?.string, !value.isEmpty,
            value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return .configuration(detail: "token: 200 without an access token") }
        let life = Duration.seconds(min(max(json?["expires_in"]?.int ?? 3_600, 0), 86_400))
        token = Token(
            authorization: "Bearer " + value, acquiredAt: now,
            renewAt: now + max(life - AccessToken.margin, life / 2), followsRefusal: wasRefused)
        wasRefused = false
        hasWorked = false
        return .accepted(providerID: nil)
    }

    package mutating func worked() { hasWorked = true }

    /// After a 401 from FCM: drops the token once, so that a new one is asked for. A new one that is refused
    /// as well, before anything was taken with it, is a fault of the configuration.
    package mutating func refused(now: Timestamp, detail: String) -> Outcome {
        guard let token else { return .notSent(detail: detail) }
        let isFresh = now - token.acquiredAt < AccessToken.stragglers && now > token.acquiredAt - AccessToken.correction
        // Many requests were in flight with the token before: their answers say nothing of this one.
        if token.followsRefusal || hasWorked, isFresh {
            return .notSent(detail: detail, retryAfter: AccessToken.stragglers)
        }
        self.token = nil
        wasRefused = true
        if token.followsRefusal, !hasWorked { return .configuration(detail: detail) }
        return .notSent(detail: detail)
    }

    /// Error codes of RFC 6749 §5.2 are words; whatever else stands there is not ours to log.
    private static func isWord(_ text: String) -> Bool {
        text.utf8.count <= 64 && text.utf8.allSatisfy { $0.isASCIILetter || $0 == UInt8(ascii: "_") }
    }
}
