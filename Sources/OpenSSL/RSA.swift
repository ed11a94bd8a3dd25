internal import COpenSSL

/// RSASSA-PKCS1-v1_5 with SHA-256 (RS256, RFC 7518 §3.3): Google service accounts.
package enum RSA {
    /// The least size that RFC 7518 §3.3 allows.
    package static let minimumBits: Int32 = 2048

    package final class SigningKey: Sendable {
        private let key: Key
        package let publicKey: PublicKey

        private init(_ key: Key) throws(OpenSSLError) {
            self.key = try checked(key)
            publicKey = try PublicKey(pem: key.publicPEM())
        }

        package static func generate(bits: Int32 = minimumBits) throws(OpenSSLError) -> SigningKey {
            try SigningKey(Key.generate("RSA") { EVP_PKEY_CTX_set_rsa_keygen_bits($0, bits) })
        }

        /// PKCS#8 or PKCS#1, not encrypted.
        package convenience init(pem: [UInt8]) throws(OpenSSLError) {
            try self.init(Key(privatePEM: pem))
        }

        /// PKCS#8, not encrypted.
        package func pem() throws(OpenSSLError) -> [UInt8] { try key.privatePEM() }

        /// The signature over SHA-256 of `message`, as long as the modulus.
        package func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] { try key.sign(message) }
    }

    package final class PublicKey: Sendable {
        private let key: Key

        package init(pem: [UInt8]) throws(OpenSSLError) { key = try checked(Key(publicPEM: pem)) }

        package func pem() throws(OpenSSLError) -> [UInt8] { try key.publicPEM() }

        package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
            key.verifies(signature, of: message)
        }
    }

    private static func checked(_ key: Key) throws(OpenSSLError) -> Key {
        guard EVP_PKEY_get_base_id(key.handle) == EVP_PKEY_RSA, EVP_PKEY_get_bits(key.handle) >= minimumBits else {
            throw OpenSSLError(call: "RSA", reason: "the key is not RSA of at least 2048 bits")
        }
        return key
    }
}
