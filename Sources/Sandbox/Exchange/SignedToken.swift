import Core
import Linux
import OpenSSL

/// A JWT whose signature is known to be good: its header and claims, read.
struct SignedToken: Sendable {
    let header: JSONValue
    let claims: JSONValue

    /// Nil when the token is malformed, badly signed, or holds no JSON objects.
    init?(_ verification: JWT.Verification) {
        guard case .valid(let headerBytes, let claimBytes) = verification,
            let header = try? JSONValue(parsing: headerBytes), header.object != nil,
            let claims = try? JSONValue(parsing: claimBytes), claims.object != nil
        else { return nil }
        self.header = header
        self.claims = claims
    }

    /// The unverified header of a compact JWT, to find the key by its `kid`.
    static func unverifiedHeader(of token: String) -> JSONValue? {
        guard let dot = token.utf8.firstIndex(of: UInt8(ascii: ".")),
            let bytes = Base64URL.decode(Array(token.utf8[..<dot]))
        else { return nil }
        return try? JSONValue(parsing: bytes)
    }
}

/// Remembers good signatures by the token's bytes: a sender repeats one token for minutes, and a verification costs
/// more than all other checks together. Claims about time are checked at every request.
final class SignedTokens: Sendable {
    private let known = Lock<[String: SignedToken]>([:])
    private let capacity: Int

    init(capacity: Int = 1_024) { self.capacity = capacity }

    /// The token's content, from memory or by `verify`; bad tokens are not remembered.
    func read(_ token: String, verify: () -> JWT.Verification?) -> SignedToken? {
        if let hit = known.withLock({ $0[token] }) { return hit }
        guard let verification = verify(), let fresh = SignedToken(verification) else { return nil }
        known.withLock { known in
            if known.count >= capacity { known.removeAll(keepingCapacity: true) }
            known[token] = fresh
        }
        return fresh
    }
}
