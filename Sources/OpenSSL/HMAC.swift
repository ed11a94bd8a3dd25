internal import COpenSSL

/// A keyed hash (RFC 2104) over a context that is set up once and re-keyed for every code.
///
/// Owned by one thread. The static functions make a context per call: fine for a webhook signature,
/// too slow for the five codes of every web push.
package struct HMAC: ~Copyable {
    package enum Hash: Sendable {
        case sha256
        /// Only where a provider's signature scheme still asks for it.
        case sha1
    }

    private let context: OpaquePointer
    private let byteCount: Int

    package init(_ hash: Hash = .sha256) {
        guard let context = EVP_MAC_CTX_new(Algorithm.hmac) else { preconditionFailure("out of memory") }
        self.context = context
        byteCount = hash == .sha256 ? 32 : 20
        let isSet = copenssl_mac_set_digest(context, hash == .sha256 ? "SHA256" : "SHA1")
        precondition(isSet == 1, "HMAC refuses its hash")
    }

    deinit { EVP_MAC_CTX_free(context) }

    package mutating func code(key: [UInt8], message: [UInt8]) -> [UInt8] {
        // With a zero length and a NULL key the context would go on with the key before.
        let isKeyed = key.isEmpty
            ? withUnsafePointer(to: 0 as UInt8) { EVP_MAC_init(context, $0, 0, nil) }
            : EVP_MAC_init(context, key, key.count, nil)
        precondition(isKeyed == 1, "HMAC cannot start")
        precondition(EVP_MAC_update(context, message, message.count) == 1, "HMAC cannot go on")
        var code = [UInt8](repeating: 0, count: byteCount)
        var written = 0
        precondition(EVP_MAC_final(context, &code, &written, code.count) == 1, "HMAC cannot end")
        return code
    }

    package static func sha256(key: [UInt8], message: [UInt8]) -> [UInt8] {
        var hmac = HMAC(.sha256)
        return hmac.code(key: key, message: message)
    }

    package static func sha1(key: [UInt8], message: [UInt8]) -> [UInt8] {
        var hmac = HMAC(.sha1)
        return hmac.code(key: key, message: message)
    }
}

/// Compares in a time that depends on the lengths alone: for signatures and secrets.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
