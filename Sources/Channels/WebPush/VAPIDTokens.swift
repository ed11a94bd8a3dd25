package import Core
package import OpenSSL

/// Signed tokens that tell push services who sends (RFC 8292), one per origin and kept for hours.
///
/// Plain state of one sender thread.
package struct VAPIDTokens {
    /// RFC 8292 §2 allows 24 hours at most.
    private static let life = Duration.seconds(12 * 3_600)
    /// Apple asks for no more than one renewal an hour; half the life tolerates a wrong clock.
    private static let renewal = Duration.seconds(6 * 3_600)
    /// Anybody may register a subscription at an origin of their own: the cache stays bounded.
    private static let maximumOrigins = 1_000

    private struct Token {
        let authorization: String
        let issuedAt: Timestamp
    }

    private let key: P256.SigningKey
    private let subject: String
    private let publicKey: String
    private var tokens: [String: Token] = [:]

    /// - Parameter subject: a `mailto:` or `https:` contact; Apple requires one (RFC 8292 §2.1).
    package init(key: P256.SigningKey, subject: String) {
        self.key = key
        self.subject = subject
        publicKey = Base64URL.encode(key.publicPoint)
    }

    /// The value of `Authorization` for that origin (RFC 8292 §3).
    package mutating func authorization(for origin: String, now: Timestamp) throws(OpenSSLError) -> String {
        if let token = tokens[origin], now - token.issuedAt < VAPIDTokens.renewal, now >= token.issuedAt - .seconds(300) {
            return token.authorization
        }
        let claims: JSONValue = [
            "aud": .string(origin), "exp": .int((now + VAPIDTokens.life).seconds), "sub": .string(subject),
        ]
        let token = try JWT.sign(header: VAPIDTokens.header, claims: claims.bytes, with: key)
        let authorization = "vapid t=\(String(decoding: token, as: UTF8.self)), k=\(publicKey)"
        if tokens.count >= VAPIDTokens.maximumOrigins { tokens.removeAll(keepingCapacity: true) }
        tokens[origin] = Token(authorization: authorization, issuedAt: now)
        return authorization
    }

    private static let header = Array(#"{"typ":"JWT","alg":"ES256"}"#.utf8)
}
