import Core
import Linux
package import OpenSSL

/// A registered token-signing key of an Apple team.
package struct APNsKey: Sendable {
    package let keyID: String
    package let teamID: String
    package let publicKey: P256.PublicKey

    package init(keyID: String, teamID: String, publicKey: P256.PublicKey) {
        self.keyID = keyID
        self.teamID = teamID
        self.publicKey = publicKey
    }
}

/// Checks provider tokens (Apple, "Establishing a token-based connection to APNs").
///
/// Apple counts changes of token per connection. Behind a proxy there is no telling connections apart, so changes
/// are counted per key and as many as `freshTokens` are let through in 20 minutes.
final class APNsProviderTokens: Sendable {
    private let keys: [String: APNsKey]
    private let freshTokens: Int
    private let signed = SignedTokens()
    /// Per key id: the tokens seen, and since when.
    private let seen = Lock<[String: [String: Timestamp]]>([:])

    init(keys: [APNsKey], freshTokens: Int) {
        self.keys = Dictionary(keys.map { ($0.keyID, $0) }, uniquingKeysWith: { _, last in last })
        self.freshTokens = freshTokens
    }

    /// Why the request may not pass, or nil.
    func refusal(_ request: ProviderRequest, now: Timestamp) -> APNsReason? {
        guard request.header("authorization") != nil else { return .missingProviderToken }
        guard let token = request.credentials("bearer") else { return .invalidProviderToken }
        let read = signed.read(token) {
            guard let kid = SignedToken.unverifiedHeader(of: token)?["kid"]?.string, let key = keys[kid] else { return nil }
            return JWT.verify(Array(token.utf8), with: key.publicKey)
        }
        guard let read, read.header["alg"]?.string == "ES256", let kid = read.header["kid"]?.string, let key = keys[kid],
            read.claims["iss"]?.string == key.teamID, let issued = read.claims["iat"]?.int
        else { return .invalidProviderToken }
        guard issued <= now.seconds else { return .invalidProviderToken }
        guard now.seconds - issued <= 3_600 else { return .expiredProviderToken }
        return isUpdateAllowed(token, of: kid, now: now) ? nil : .tooManyProviderTokenUpdates
    }

    private func isUpdateAllowed(_ token: String, of keyID: String, now: Timestamp) -> Bool {
        seen.withLock { seen in
            if seen[keyID]?[token] != nil { return true }
            // A token older than an hour has expired: forgetting it keeps the table small.
            let kept = (seen[keyID] ?? [:]).filter { now - $0.value < .seconds(3_600) }
            seen[keyID] = kept
            guard kept.values.count(where: { now - $0 < .seconds(1_200) }) < freshTokens else { return false }
            seen[keyID]?[token] = now
            return true
        }
    }
}
