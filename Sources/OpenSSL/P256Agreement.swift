internal import COpenSSL

extension P256 {
    /// A Diffie-Hellman key pair that is renewed in place: one fresh pair per web push.
    ///
    /// Owned by one thread. Works on points and numbers that are allocated once, since building two
    /// EVP_PKEY and a derivation context per message costs more than the arithmetic around it. The
    /// scalar is flagged for constant-time arithmetic and wiped at the end.
    package struct Agreement: ~Copyable {
        private let scalar: OpaquePointer
        private let point: OpaquePointer
        private let numbers: OpaquePointer
        /// The 65 bytes of our public point.
        package private(set) var publicPoint: [UInt8]

        /// A workspace with a fresh key pair.
        package init() throws(OpenSSLError) {
            guard let scalar = BN_secure_new(), let point = EC_POINT_new(Algorithm.p256), let numbers = BN_CTX_new()
            else { preconditionFailure("out of memory") }
            BN_set_flags(scalar, BN_FLG_CONSTTIME)
            self.scalar = scalar
            self.point = point
            self.numbers = numbers
            publicPoint = [UInt8](repeating: 0, count: pointBytes)
            try renew()
        }

        deinit {
            BN_clear_free(scalar)
            EC_POINT_free(point)
            BN_CTX_free(numbers)
        }

        /// Replaces the key pair by a fresh one.
        package mutating func renew() throws(OpenSSLError) {
            repeat {
                guard BN_priv_rand_range_ex(scalar, EC_GROUP_get0_order(Algorithm.p256), 0, numbers) == 1 else {
                    throw .last("BN_priv_rand_range_ex")
                }
            } while BN_is_zero(scalar) == 1
            try computePublicPoint()
        }

        /// Replaces the key pair by that of a known scalar of 32 bytes.
        package mutating func load(scalar bytes: [UInt8]) throws(OpenSSLError) {
            guard P256.isScalar(bytes), BN_bin2bn(bytes, Int32(scalarBytes), scalar) != nil else {
                throw OpenSSLError(call: "P256", reason: "a private scalar is 32 bytes, above zero and below the order")
            }
            try computePublicPoint()
        }

        /// The X coordinate of scalar·peer, 32 bytes, left zero padded (RFC 8291 §3.1, SEC 1 §3.3.1);
        /// nil when `peer` is not an uncompressed point of the curve.
        package mutating func sharedSecret(with peer: [UInt8]) throws(OpenSSLError) -> [UInt8]? {
            guard P256.read(peer, into: point) else { return nil }
            guard EC_POINT_mul(Algorithm.p256, point, nil, point, scalar, numbers) == 1, let shared = encodedPoint()
            else { throw .last("EC_POINT_mul") }
            return Array(shared[1...scalarBytes])
        }

        private mutating func computePublicPoint() throws(OpenSSLError) {
            guard EC_POINT_mul(Algorithm.p256, point, scalar, nil, nil, numbers) == 1, let encoded = encodedPoint()
            else { throw .last("EC_POINT_mul") }
            publicPoint = encoded
        }

        private func encodedPoint() -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: pointBytes)
            let count = EC_POINT_point2oct(
                Algorithm.p256, point, POINT_CONVERSION_UNCOMPRESSED, &bytes, pointBytes, numbers)
            return count == pointBytes ? bytes : nil
        }
    }
}
