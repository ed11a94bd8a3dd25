package import Core

/// A key of the API as stored: the secret itself is nowhere.
package struct APIKey: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// For the brand's own servers; may do what its scopes say.
        case server
        /// Lives in apps and pages, so everybody has it: may register, update and opt out subscriptions and post events.
        case app
    }

    package let id: KeyID
    package let name: String
    package let kind: Kind
    /// SHA-256 of the secret.
    package let hash: [UInt8]
    package let scopes: [String]
    /// The HMAC key of identity proofs; app keys only.
    package let identityKey: [UInt8]?
    package let requiresIdentity: Bool
    package let createdAt: Timestamp
    package let expiresAt: Timestamp?
    package let revokedAt: Timestamp?
    /// To the minute.
    package let lastUsedAt: Timestamp?
    /// Nil: the server's default holds.
    package let rate: KeyRate?
    /// The hash of the secret before the last rotation, while it still opens.
    package let previous: (hash: [UInt8], until: Timestamp)?

    package func isUsable(at now: Timestamp) -> Bool {
        revokedAt == nil && expiresAt.map { now < $0 } ?? true
    }
}

/// A key to be stored.
package struct NewAPIKey: Sendable {
    package var name: String
    package var kind: APIKey.Kind
    package var hash: [UInt8]
    package var scopes: [String]
    package var identityKey: [UInt8]?
    package var requiresIdentity: Bool
    package var expiresAt: Timestamp?
    package var rate: KeyRate?

    /// - Precondition: the hash has 32 bytes; an app key, and no other, has an identity key of 32 bytes.
    package init(name: String, kind: APIKey.Kind, hash: [UInt8], scopes: [String], identityKey: [UInt8]? = nil,
                 requiresIdentity: Bool = false, expiresAt: Timestamp? = nil, rate: KeyRate? = nil) {
        precondition(hash.count == 32 && (kind == .app) == (identityKey?.count == 32), "a key has a hash, an app key proves identities")
        self.name = name
        self.kind = kind
        self.hash = hash
        self.scopes = scopes
        self.identityKey = identityKey
        self.requiresIdentity = requiresIdentity
        self.expiresAt = expiresAt
        self.rate = rate
    }
}
