import Core
import Linux
package import OpenSSL

/// A service account's public side.
package struct FCMServiceAccount: Sendable {
    package let projectID: String
    package let clientEmail: String
    package let keyID: String
    package let publicKey: RSA.PublicKey

    package init(projectID: String, clientEmail: String, keyID: String, publicKey: RSA.PublicKey) {
        self.projectID = projectID
        self.clientEmail = clientEmail
        self.keyID = keyID
        self.publicKey = publicKey
    }
}

/// Google's token endpoint for the JWT-bearer grant (RFC 7523; Google, "Using OAuth 2.0 for server to server
/// applications"), and the access tokens it has given out.
final class GoogleOAuth: Sendable {
    private let account: FCMServiceAccount
    private let lifetimeSeconds: Int64
    private let ids: ProviderIDs
    private let issued = Lock<[String: Timestamp]>([:])

    init(account: FCMServiceAccount, lifetimeSeconds: Int64, ids: ProviderIDs) {
        self.account = account
        self.lifetimeSeconds = lifetimeSeconds
        self.ids = ids
    }

    func isValid(_ accessToken: String, now: Timestamp) -> Bool {
        issued.withLock { issued in issued[accessToken].map { now < $0 } ?? false }
    }

    /// Makes every token given out so far worthless.
    func revokeAll() { issued.withLock { $0.removeAll() } }

    func answer(_ request: ProviderRequest, now: Timestamp) -> ProviderAnswer {
        guard request.method == "POST" else { return ProviderAnswer(404, text: "Not Found") }
        guard request.mediaType == "application/x-www-form-urlencoded", let form = FormCoding.decode(request.body) else {
            return refusal("invalid_request", "Bad Request")
        }
        guard let grant = form.first("grant_type") else { return refusal("invalid_request", "Required parameter is missing: grant_type") }
        guard grant == "urn:ietf:params:oauth:grant-type:jwt-bearer" else {
            return refusal("unsupported_grant_type", "Invalid grant_type: \(grant)")
        }
        guard let assertion = form.first("assertion") else {
            return refusal("invalid_request", "Required parameter is missing: assertion")
        }
        if let (error, description) = problem(with: assertion, tokenURI: request.origin + "/token", now: now) {
            return refusal(error, description)
        }
        let token = "ya29.c." + ids.hex() + ids.hex() + Base64URL.encode(SecureRandom.bytes(48))
        let expiry = now + .seconds(lifetimeSeconds)
        issued.withLock { issued in
            issued = issued.filter { now < $0.value }
            issued[token] = expiry
        }
        return ProviderAnswer(200, json: [
            "access_token": .string(token), "expires_in": .int(lifetimeSeconds), "token_type": "Bearer",
        ])
    }

    private func problem(with assertion: String, tokenURI: String, now: Timestamp) -> (String, String)? {
        let grant = "invalid_grant"
        guard let token = SignedToken(JWT.verify(Array(assertion.utf8), with: account.publicKey)) else {
            return (grant, "Invalid JWT Signature.")
        }
        guard token.header["alg"]?.string == "RS256" else { return (grant, "Invalid JWT: unsupported algorithm.") }
        if let kid = token.header["kid"], kid.string != account.keyID { return (grant, "Invalid JWT Signature.") }
        guard token.claims["iss"]?.string == account.clientEmail else {
            return (grant, "Invalid grant: account not found")
        }
        guard token.claims["aud"]?.string == tokenURI else {
            return (grant, "Invalid JWT: Failed audience check. The right audience is \(tokenURI)")
        }
        let lifetime = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
            + "Check your iat and exp values in the JWT claim."
        guard let issued = token.claims["iat"]?.int, let expires = token.claims["exp"]?.int else { return (grant, lifetime) }
        let (life, overflow) = expires.subtractingReportingOverflow(issued)
        guard !overflow, life > 0, life <= 3_600, issued <= now.seconds, expires > now.seconds else { return (grant, lifetime) }
        let scopes = token.claims["scope"]?.string?.split(separator: " ") ?? []
        guard !scopes.isEmpty else { return ("invalid_scope", "Empty or missing scope not allowed.") }
        let wanted = ["https://www.googleapis.com/auth/firebase.messaging", "https://www.googleapis.com/auth/cloud-platform"]
        guard scopes.contains(where: { wanted.contains(String($0)) }) else {
            return ("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        }
        return nil
    }

    private func refusal(_ error: String, _ description: String) -> ProviderAnswer {
        ProviderAnswer(400, json: ["error": .string(error), "error_description": .string(description)])
    }
}
