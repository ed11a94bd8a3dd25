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
    /// - Parameter pointer: where the object with the proof stands in the body.
    /// - Throws: `Problem`.
    static func check(_ proof: String?, at pointer: String = "", for externalID: String, by key: APIKey?) throws {
        try demand(proof, at: pointer, by: key)
        guard fits(proof, externalID, key) else {
            throw Problem.parameter(JSONPointer.join(pointer, "identity_proof"),
                                    "`identity_proof` is not the HMAC-SHA256 of this profile's external id with the key's identity secret.", .identityProofInvalid)
        }
    }

    /// - Throws: `Problem` when there is none and the key asks for one.
    static func demand(_ proof: String?, at pointer: String = "", by key: APIKey?) throws {
        guard proof == nil, let key, key.requiresIdentity else { return }
        throw Problem.parameter(JSONPointer.join(pointer, "identity_proof"),
                                "The key \(key.id) needs `identity_proof`: the hexadecimal HMAC-SHA256 of the profile's external id.", .identityProofInvalid)
    }

    /// Whether a proof, if there is one, is right.
    static func fits(_ proof: String?, _ externalID: String, _ key: APIKey?) -> Bool {
        guard let proof, let secret = key?.identityKey else { return true }
        return constantTimeEqual(Hex.decode(proof) ?? [], HMAC.sha256(key: secret, message: Array(externalID.utf8)))
    }
}
