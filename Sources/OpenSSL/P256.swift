internal import COpenSSL

/// The curve P-256 (secp256r1, prime256v1): ES256 signatures and web push key agreement.
///
/// Outside this target its values are bytes: scalars and coordinates of 32, points of 65 in the
/// uncompressed form 04‖X‖Y (SEC 1 §2.3.3), signatures of 64 as r‖s (RFC 7518 §3.4).
package enum P256 {
    package static let scalarBytes = 32
    package static let pointBytes = 65
    package static let signatureBytes = 64

    /// Whether `point` is 65 bytes, uncompressed, and on the curve.
    package static func isPoint(_ point: [UInt8]) -> Bool {
        guard let handle = EC_POINT_new(Algorithm.p256) else { return false }
        defer { EC_POINT_free(handle) }
        return read(point, into: handle)
    }

    /// Sets `handle` from an uncompressed point, checking that it is on the curve (EC_POINT_oct2point does).
    static func read(_ point: [UInt8], into handle: OpaquePointer) -> Bool {
        guard point.count == pointBytes, point.first == 0x04 else { return false }
        guard EC_POINT_oct2point(Algorithm.p256, handle, point, point.count, nil) == 1 else {
            ERR_clear_error()
            return false
        }
        return true
    }

    /// Whether `scalar` is 32 bytes and in 1 ..< order.
    static func isScalar(_ scalar: [UInt8]) -> Bool {
        guard scalar.count == scalarBytes, let number = BN_bin2bn(scalar, Int32(scalarBytes), nil) else { return false }
        defer { BN_clear_free(number) }
        return BN_is_zero(number) == 0 && BN_cmp(number, EC_GROUP_get0_order(Algorithm.p256)) < 0
    }

    /// The key as one of this curve.
    static func checked(_ key: Key) throws(OpenSSLError) -> Key {
        var name = [CChar](repeating: 0, count: 32)
        guard EVP_PKEY_get_base_id(key.handle) == EVP_PKEY_EC,
            EVP_PKEY_get_group_name(key.handle, &name, name.count, nil) == 1,
            name.starts(with: "prime256v1".utf8CString)
        else {
            ERR_clear_error()
            throw OpenSSLError(call: "P256", reason: "the key is not on the curve P-256 (prime256v1)")
        }
        return key
    }

    /// The uncompressed public point of a key, whatever form its file used.
    static func point(of key: Key) throws(OpenSSLError) -> [UInt8] {
        var encoded: UnsafeMutablePointer<UInt8>?
        let count = EVP_PKEY_get1_encoded_public_key(key.handle, &encoded)
        guard count > 0, let encoded, let handle = EC_POINT_new(Algorithm.p256) else {
            throw .last("EVP_PKEY_get1_encoded_public_key")
        }
        defer {
            CRYPTO_free(encoded, #fileID, Int32(#line))
            EC_POINT_free(handle)
        }
        var point = [UInt8](repeating: 0, count: pointBytes)
        guard EC_POINT_oct2point(Algorithm.p256, handle, encoded, count, nil) == 1,
            EC_POINT_point2oct(
                Algorithm.p256, handle, POINT_CONVERSION_UNCOMPRESSED, &point, pointBytes, nil) == pointBytes
        else { throw .last("EC_POINT_point2oct") }
        return point
    }
}
