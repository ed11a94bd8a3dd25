internal import COpenSSL

/// The algorithms this target uses, fetched once for the life of the process.
///
/// An implicit fetch (`EVP_sha256()`, the one-shot `HMAC()`) looks the algorithm up in the provider
/// store at every call and takes its lock; a fetched handle does neither (crypto(7), "Performance").
/// `nonisolated(unsafe)`: fetched handles are immutable and never freed, any thread may read them.
enum Algorithm {
    nonisolated(unsafe) static let sha256 = loaded(EVP_MD_fetch(nil, "SHA256", nil), "SHA256")
    nonisolated(unsafe) static let sha1 = loaded(EVP_MD_fetch(nil, "SHA1", nil), "SHA1")
    nonisolated(unsafe) static let hmac = loaded(EVP_MAC_fetch(nil, "HMAC", nil), "HMAC")
    nonisolated(unsafe) static let aes128gcm = loaded(EVP_CIPHER_fetch(nil, "AES-128-GCM", nil), "AES-128-GCM")
    nonisolated(unsafe) static let p256 = loaded(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), "P-256")

    /// A libcrypto without these is a broken installation that no caller can work around.
    private static func loaded(_ handle: OpaquePointer?, _ name: StaticString) -> OpaquePointer {
        guard let handle else { preconditionFailure("libcrypto offers no \(name)") }
        return handle
    }
}
