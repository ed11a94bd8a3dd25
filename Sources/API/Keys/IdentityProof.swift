import Core
import OpenSSL
import Storage

/// Shows that the brand's own backend vouches for the person an app speaks of: the hexadecimal HMAC-SHA256 of the profile's external
/// id, made with the app key's `identity_secret` (32 bytes, shown once in hexadecimal). The app key itself is no secret, it is in every app.
package enum IdentityProof {
    package static func make(for externalID: String, secret: [UInt8]) -> String {
        Hex.encode(HMAC.sha256(key: secret, message: Array(externalID.utf8)))
    }

    /// A proof that is there must be right; one that is not may be missing unless the key asks for it. Server keys need none.
    ///
    /// - Throws: `Problem`.
    static func check(_ proof: String?, for externalID: String, by key: APIKey?) throws {
        guard let key, let secret = key.identityKey else { return }
        guard let proof else {
            guard key.requiresIdentity else { return }
            throw Problem(.identityProofInvalid, "The key \(key.id) needs `identity_proof`: the hexadecimal HMAC-SHA256 of the profile's external id.")
        }
        let expected = HMAC.sha256(key: secret, message: Array(externalID.utf8))
        guard constantTimeEqual(Hex.decode(proof) ?? [], expected) else {
            throw Problem(.identityProofInvalid, "`identity_proof` is not the HMAC-SHA256 of this profile's external id with the key's identity secret.")
        }
    }
}
