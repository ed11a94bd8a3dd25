internal import COpenSSL

/// A libcrypto key, freed with the last reference.
///
/// `@unchecked Sendable`: immutable after `init`, and libcrypto lets threads use one EVP_PKEY at the
/// same time as long as none changes it (openssl-threads(7)); every operation makes its own context.
final class Key: @unchecked Sendable {
    let handle: OpaquePointer

    /// Takes ownership of `handle`.
    init(owning handle: OpaquePointer) { self.handle = handle }

    deinit { EVP_PKEY_free(handle) }

    /// PEM of a private key: PKCS#8, SEC1 or PKCS#1, not encrypted.
    convenience init(privatePEM pem: [UInt8]) throws(OpenSSLError) {
        try self.init(pem: pem, call: "PEM_read_bio_PrivateKey") {
            // Without a callback libcrypto would ask for a passphrase on the terminal.
            PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in -1 }, nil)
        }
    }

    /// PEM of a SubjectPublicKeyInfo ("BEGIN PUBLIC KEY").
    convenience init(publicPEM pem: [UInt8]) throws(OpenSSLError) {
        try self.init(pem: pem, call: "PEM_read_bio_PUBKEY") {
            PEM_read_bio_PUBKEY($0, nil, { _, _, _, _ in -1 }, nil)
        }
    }

    private convenience init(
        pem: [UInt8], call: String, read: (OpaquePointer) -> OpaquePointer?
    ) throws(OpenSSLError) {
        ERR_clear_error()
        guard let count = Int32(exactly: pem.count) else { throw OpenSSLError(call: call, reason: "too long") }
        let handle = pem.withUnsafeBytes { pem -> OpaquePointer? in
            guard let memory = BIO_new_mem_buf(pem.baseAddress, count) else { return nil }
            defer { BIO_free(memory) }
            return read(memory)
        }
        guard let handle else { throw .last(call) }
        self.init(owning: handle)
    }

    convenience init(privateDER der: [UInt8]) throws(OpenSSLError) {
        let handle = der.withUnsafeBufferPointer { der -> OpaquePointer? in
            var cursor = der.baseAddress
            return d2i_AutoPrivateKey(nil, &cursor, der.count)
        }
        guard let handle else { throw .last("d2i_AutoPrivateKey") }
        self.init(owning: handle)
    }

    convenience init(publicDER der: [UInt8]) throws(OpenSSLError) {
        let handle = der.withUnsafeBufferPointer { der -> OpaquePointer? in
            var cursor = der.baseAddress
            return d2i_PUBKEY(nil, &cursor, der.count)
        }
        guard let handle else { throw .last("d2i_PUBKEY") }
        self.init(owning: handle)
    }

    /// A new key pair of `algorithm` ("EC", "RSA"); `configure` sets the curve or the size.
    static func generate(
        _ algorithm: String, configure: (OpaquePointer) -> Int32
    ) throws(OpenSSLError) -> Key {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, algorithm, nil) else {
            throw .last("EVP_PKEY_CTX_new_from_name")
        }
        defer { EVP_PKEY_CTX_free(context) }
        var handle: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, configure(context) == 1,
            EVP_PKEY_generate(context, &handle) == 1, let handle
        else { throw .last("EVP_PKEY_generate") }
        return Key(owning: handle)
    }

    /// PKCS#8, not encrypted: keep it in a file only its owner reads.
    func privatePEM() throws(OpenSSLError) -> [UInt8] {
        try pem("PEM_write_bio_PKCS8PrivateKey") {
            PEM_write_bio_PKCS8PrivateKey($0, handle, nil, nil, 0, nil, nil)
        }
    }

    func publicPEM() throws(OpenSSLError) -> [UInt8] {
        try pem("PEM_write_bio_PUBKEY") { PEM_write_bio_PUBKEY($0, handle) }
    }

    private func pem(_ call: String, write: (OpaquePointer) -> Int32) throws(OpenSSLError) -> [UInt8] {
        guard let memory = BIO_new(BIO_s_mem()) else { throw .last("BIO_new") }
        defer { BIO_free(memory) }
        guard write(memory) == 1 else { throw .last(call) }
        var text = [UInt8](repeating: 0, count: BIO_ctrl_pending(memory))
        var read = 0
        guard BIO_read_ex(memory, &text, text.count, &read) == 1, read == text.count else {
            throw .last("BIO_read_ex")
        }
        return text
    }

    /// SHA-256 of `message`, signed: DER for an EC key, PKCS#1 v1.5 for an RSA key.
    func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw .last("EVP_MD_CTX_new") }
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(handle)))
        var count = signature.count
        guard EVP_DigestSignInit_ex(context, nil, "SHA256", nil, nil, handle, nil) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1
        else { throw .last("EVP_DigestSign") }
        signature.removeLast(signature.count - count)
        return signature
    }

    /// Whether `signature` is of `message`; a malformed one is simply not.
    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        return EVP_DigestVerifyInit_ex(context, nil, "SHA256", nil, nil, handle, nil) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
