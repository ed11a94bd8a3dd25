package import Core
import OpenSSL
package import Storage

/// The text of an API key: `clr_<row>_<43 characters><6 check characters>`, `clra_` for app keys. The check (CRC-32 in base 62) tells
/// a mistyped or cut key from an unknown one without asking the database, and lets scanners find leaked keys.
package struct KeyToken: Sendable {
    package let kind: APIKey.Kind
    package let id: KeyID
    /// 43 characters of base 62: 256 bits.
    let secret: [UInt8]

    private static let secretLength = 43
    private static let checkLength = 6
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// Nil unless `text` is exactly what `text` below would write.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 128, bytes.count > KeyToken.checkLength else { return nil }
        let body = bytes.dropLast(KeyToken.checkLength)
        guard Array(bytes.suffix(KeyToken.checkLength)) == KeyToken.check(Array(body)) else { return nil }
        let parts = body.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard parts.count == 3, let kind = KeyToken.kind(Array(parts[0])), parts[2].count == KeyToken.secretLength,
            parts[2].allSatisfy({ $0.isASCIIDigit || $0.isASCIILetter }), parts[1].first != UInt8(ascii: "0"),
            let number = String(validating: parts[1], as: UTF8.self)?.decimal
        else { return nil }
        self.kind = kind
        id = KeyID(rawValue: number)
        secret = Array(parts[2])
    }

    private init(kind: APIKey.Kind, id: KeyID, secret: [UInt8]) {
        self.kind = kind
        self.id = id
        self.secret = secret
    }

    package var hash: [UInt8] { SHA256.hash(secret) }

    package var text: String {
        let body = Array("\(KeyToken.prefix(kind))_\(id.rawValue)_".utf8) + secret
        return String(decoding: body + KeyToken.check(body), as: UTF8.self)
    }

    /// A secret for a key to come: store the hash, then make the token from the row.
    static func newSecret() -> [UInt8] {
        var secret: [UInt8] = []
        while secret.count < secretLength {
            // 248 is the largest multiple of 62 in a byte: what is above would make the first characters likelier.
            for byte in SecureRandom.bytes(64) where byte < 248 && secret.count < secretLength {
                secret.append(alphabet[Int(byte % 62)])
            }
        }
        return secret
    }

    private static func prefix(_ kind: APIKey.Kind) -> String {
        switch kind {
        case .server: "clr"
        case .app: "clra"
        }
    }

    private static func kind(_ prefix: [UInt8]) -> APIKey.Kind? {
        APIKey.Kind.allCases.first { Array(KeyToken.prefix($0).utf8) == prefix }
    }

    /// CRC-32 (IEEE 802.3) in six digits of base 62.
    private static func check(_ bytes: [UInt8]) -> [UInt8] {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        crc = ~crc
        var digits: [UInt8] = []
        for _ in 0..<checkLength {
            digits.append(alphabet[Int(crc % 62)])
            crc /= 62
        }
        return digits.reversed()
    }

    /// Makes and stores a key.
    ///
    /// - Returns: the row, the text that is shown once, and for an app key the secret of its identity proofs.
    package static func create(name: String, kind: APIKey.Kind, scopes: [Scope], requiresIdentity: Bool = false,
                               expiresAt: Timestamp? = nil, rate: KeyRate? = nil, in transaction: StoreTransaction) throws -> CreatedKey {
        let secret = newSecret()
        let identity = kind == .app ? SecureRandom.bytes(32) : nil
        let row = try transaction.add(key: NewAPIKey(
            name: name, kind: kind, hash: SHA256.hash(secret), scopes: scopes.map(\.rawValue), identityKey: identity,
            requiresIdentity: requiresIdentity, expiresAt: expiresAt, rate: rate))
        return CreatedKey(row: row, text: KeyToken(kind: kind, id: row.id, secret: secret).text,
                          identitySecret: identity.map { Hex.encode($0) })
    }

    /// How long a former secret works on when nobody says otherwise, and at most.
    package static let defaultGrace = Duration.seconds(24 * 3_600)
    package static let maxGrace = Duration.seconds(30 * 86_400)

    /// Gives a key another secret; the one it had opens for `grace` more. The secret of identity proofs stays: apps in the field hold
    /// proofs made with it.
    ///
    /// - Throws: `StorageError.notFound`, `.conflict` for a key that has ended.
    package static func rotate(_ id: KeyID, grace: Duration, in transaction: StoreTransaction) throws -> CreatedKey {
        let secret = newSecret()
        let row = try transaction.rotate(key: id, hash: SHA256.hash(secret), until: transaction.now + grace)
        return CreatedKey(row: row, text: KeyToken(kind: row.kind, id: id, secret: secret).text, identitySecret: nil)
    }
}

/// A key that has just been made: the only moment when its text is known.
package struct CreatedKey: Sendable {
    package let row: APIKey
    package let text: String
    /// Hexadecimal; app keys only.
    package let identitySecret: String?
}
