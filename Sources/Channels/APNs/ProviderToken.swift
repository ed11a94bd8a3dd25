package import Core
package import OpenSSL

/// The signed token that every request to APNs carries: one at a time, renewed on Apple's terms
/// (Apple, "Establishing a token-based connection to APNs"): valid for an hour, and not to be replaced
/// more often than every 20 minutes.
///
/// Plain state of one sender thread.
package struct ProviderToken {
    private static let renewal = Duration.seconds(45 * 60)
    /// A minute before a token is an hour old.
    private static let lastUse = Duration.seconds(59 * 60)
    private static let minimumAge = Duration.seconds(20 * 60)
    /// How long answers to requests that carried the token before may still come in.
    private static let stragglers = Duration.seconds(120)

    private struct Token {
        let authorization: String
        let issuedAt: Timestamp
    }

    private let teamID: String
    private let key: P256.SigningKey
    private let header: [UInt8]
    private var current: Token?
    /// The token before, while going back to it could help.
    private var previous: Token?
    /// Some token came before the current one, so answers may still speak of it.
    private var hasPredecessor = false
    /// After going back: when a new token may be made, if the one in use lives that long.
    private var notBefore: Timestamp?

    package init(teamID: String, keyID: String, key: P256.SigningKey) {
        self.teamID = teamID
        self.key = key
        header = JSONValue.object(["alg": "ES256", "kid": .string(keyID)]).bytes
    }

    /// The value of `authorization`.
    package mutating func authorization(now: Timestamp) throws(OpenSSLError) -> String {
        if let current, isUsable(current, now: now) { return current.authorization }
        let claims: JSONValue = ["iss": .string(teamID), "iat": .int(now.seconds)]
        let token = try JWT.sign(header: header, claims: claims.bytes, with: key)
        let authorization = "bearer " + String(decoding: token, as: UTF8.self)
        previous = current
        hasPredecessor = hasPredecessor || current != nil
        notBefore = nil
        current = Token(authorization: authorization, issuedAt: now)
        return authorization
    }

    /// What to make of `ExpiredProviderToken`.
    package enum Expiry: Equatable {
        /// Send again: with a new token, or because the answer speaks of the token before.
        case retry
        /// A token of less than 20 minutes is called too old: this machine's clock is wrong.
        case clockIsWrong
    }

    package mutating func expired(now: Timestamp) -> Expiry {
        guard let token = current else { return .retry }
        let age = now - token.issuedAt
        if age >= ProviderToken.minimumAge {
            current = nil
            hasPredecessor = true
            return .retry
        }
        return hasPredecessor && age <= ProviderToken.stragglers ? .retry : .clockIsWrong
    }

    /// After `TooManyProviderTokenUpdates`: goes back to the token before while that is valid, until the
    /// newest has rested for 20 minutes. Returns how long to wait before sending again.
    package mutating func replacedTooOften(now: Timestamp) -> Duration {
        guard let newest = current else { return .seconds(1) }
        let rest = newest.issuedAt + ProviderToken.minimumAge
        guard let previous, now - previous.issuedAt < ProviderToken.lastUse else {
            return max(rest - now, .seconds(60))
        }
        current = previous
        self.previous = nil
        notBefore = rest
        return .seconds(1)
    }

    private func isUsable(_ token: Token, now: Timestamp) -> Bool {
        let age = now - token.issuedAt
        // Set back by more than a clock's usual correction, `iat` would lie in the future.
        guard age > .seconds(-300) else { return false }
        if age < ProviderToken.renewal { return true }
        guard let notBefore else { return false }
        return now < notBefore && age < ProviderToken.lastUse
    }
}
