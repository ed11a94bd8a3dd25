internal import COpenSSL

/// SHA-256 (FIPS 180-4): at once with `hash`, or piece by piece with `update` and `finish`.
package struct SHA256: ~Copyable {
    package static let byteCount = 32

    private let context: OpaquePointer

    package init() {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        self.context = context
        precondition(EVP_DigestInit_ex2(context, Algorithm.sha256, nil) == 1, "SHA-256 cannot start")
    }

    deinit { EVP_MD_CTX_free(context) }

    package mutating func update(_ bytes: [UInt8]) {
        precondition(EVP_DigestUpdate(context, bytes, bytes.count) == 1, "SHA-256 cannot go on")
    }

    /// The 32 bytes of the digest; the hasher is spent.
    package consuming func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: SHA256.byteCount)
        precondition(EVP_DigestFinal_ex(context, &digest, nil) == 1, "SHA-256 cannot end")
        return digest
    }

    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        precondition(EVP_Digest(bytes, bytes.count, &digest, nil, Algorithm.sha256, nil) == 1, "SHA-256 failed")
        return digest
    }
}
