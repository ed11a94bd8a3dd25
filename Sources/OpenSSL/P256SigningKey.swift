internal import COpenSSL

extension P256 {
    /// An ES256 key: APNs provider tokens, VAPID tokens.
    package final class SigningKey: Sendable {
        private let key: Key
        /// The 65 bytes of the public point.
        package let publicPoint: [UInt8]

        private init(_ key: Key) throws(OpenSSLError) {
            self.key = try P256.checked(key)
            publicPoint = try P256.point(of: key)
        }

        package static func generate() throws(OpenSSLError) -> SigningKey {
            try SigningKey(Key.generate("EC") { EVP_PKEY_CTX_set_group_name($0, "prime256v1") })
        }

        /// PKCS#8 (the .p8 of Apple) or SEC1 ("BEGIN EC PRIVATE KEY"), not encrypted.
        package convenience init(pem: [UInt8]) throws(OpenSSLError) {
            try self.init(Key(privatePEM: pem))
        }

        /// The bare scalar as web push tools print it: exactly 32 bytes, left zero padded.
        package convenience init(scalar: [UInt8]) throws(OpenSSLError) {
            guard P256.isScalar(scalar) else {
                throw OpenSSLError(call: "P256", reason: "a private scalar is 32 bytes, above zero and below the order")
            }
            try self.init(Key(privateDER: SigningKey.derPrefix + scalar))
        }

        /// PKCS#8 around a P-256 ECPrivateKey (RFC 5915) of nothing but its scalar: libcrypto computes the point.
        private static let derPrefix: [UInt8] = [
            0x30, 0x41, 0x02, 0x01, 0x00,  // version 0
            0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,  // id-ecPublicKey
            0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,  // prime256v1
            0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
        ]

        package var publicKey: PublicKey {
            get throws(OpenSSLError) { try PublicKey(point: publicPoint) }
        }

        /// PKCS#8, not encrypted.
        package func pem() throws(OpenSSLError) -> [UInt8] { try key.privatePEM() }

        /// The 64 bytes r‖s over SHA-256 of `message`, each half left zero padded (RFC 7518 §3.4).
        package func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
            let der = try key.sign(message)
            let parsed = der.withUnsafeBufferPointer { der -> OpaquePointer? in
                var cursor = der.baseAddress
                return d2i_ECDSA_SIG(nil, &cursor, der.count)
            }
            guard let parsed else { throw .last("d2i_ECDSA_SIG") }
            defer { ECDSA_SIG_free(parsed) }
            var raw = [UInt8](repeating: 0, count: signatureBytes)
            let isWritten = raw.withUnsafeMutableBufferPointer { raw in
                guard let base = raw.baseAddress else { return false }
                let half = Int32(scalarBytes)
                return BN_bn2binpad(ECDSA_SIG_get0_r(parsed), base, half) == half
                    && BN_bn2binpad(ECDSA_SIG_get0_s(parsed), base + scalarBytes, half) == half
            }
            guard isWritten else { throw .last("BN_bn2binpad") }
            return raw
        }
    }
}
