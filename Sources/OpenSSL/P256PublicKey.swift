internal import COpenSSL

extension P256 {
    /// The verifying half of an ES256 key.
    package final class PublicKey: Sendable {
        private let key: Key
        /// The 65 bytes of the point.
        package let point: [UInt8]

        /// - Throws: when `point` is not 65 bytes, uncompressed and on the curve.
        package init(point: [UInt8]) throws(OpenSSLError) {
            guard P256.isPoint(point) else {
                throw OpenSSLError(call: "P256", reason: "a public key is 65 bytes beginning with 04, on the curve")
            }
            key = try Key(publicDER: PublicKey.derPrefix + point)
            self.point = point
        }

        package init(pem: [UInt8]) throws(OpenSSLError) {
            key = try P256.checked(Key(publicPEM: pem))
            point = try P256.point(of: key)
        }

        /// SubjectPublicKeyInfo of P-256 (RFC 5480) up to the point.
        private static let derPrefix: [UInt8] = [
            0x30, 0x59,
            0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,  // id-ecPublicKey
            0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,  // prime256v1
            0x03, 0x42, 0x00,
        ]

        package func pem() throws(OpenSSLError) -> [UInt8] { try key.publicPEM() }

        /// Whether `signature` is 64 bytes r‖s made by this key over SHA-256 of `message`.
        package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
            guard signature.count == signatureBytes, let parsed = ECDSA_SIG_new() else { return false }
            defer { ECDSA_SIG_free(parsed) }
            let r = BN_bin2bn(Array(signature[..<scalarBytes]), Int32(scalarBytes), nil)
            let s = BN_bin2bn(Array(signature[scalarBytes...]), Int32(scalarBytes), nil)
            // Takes ownership of both numbers, unless it refuses them.
            guard ECDSA_SIG_set0(parsed, r, s) == 1 else {
                BN_free(r)
                BN_free(s)
                return false
            }
            let count = i2d_ECDSA_SIG(parsed, nil)
            guard count > 0 else { return false }
            var der = [UInt8](repeating: 0, count: Int(count))
            let written = der.withUnsafeMutableBufferPointer { der -> Int32 in
                var cursor = der.baseAddress
                return i2d_ECDSA_SIG(parsed, &cursor)
            }
            return written == count && key.verifies(der, of: message)
        }
    }
}
