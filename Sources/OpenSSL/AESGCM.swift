internal import COpenSSL

/// AES-128 in Galois/counter mode (NIST SP 800-38D), over a context that is re-keyed for every message.
///
/// Owned by one thread. Keys are 16 bytes, nonces 12, tags 16; no additional data, as web push has none.
package struct AESGCM: ~Copyable {
    package static let keyBytes = 16
    package static let nonceBytes = 12
    package static let tagBytes = 16

    private let context: OpaquePointer

    package init() {
        guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("out of memory") }
        self.context = context
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Appends the ciphertext, as long as `plaintext`, and the tag to `output`.
    package mutating func seal(
        _ plaintext: [UInt8], key: [UInt8], nonce: [UInt8], to output: inout [UInt8]
    ) throws(OpenSSLError) {
        try check(key: key, nonce: nonce)
        guard let count = Int32(exactly: plaintext.count) else {
            throw OpenSSLError(call: "AES-GCM seal", reason: "the message is over 2 GB")
        }
        let start = output.count
        output.append(contentsOf: repeatElement(0, count: plaintext.count + AESGCM.tagBytes))
        var written: Int32 = 0
        let isSealed = output.withUnsafeMutableBufferPointer { output in
            guard let base = output.baseAddress?.advanced(by: start) else { return false }
            return EVP_EncryptInit_ex2(context, Algorithm.aes128gcm, key, nonce, nil) == 1
                && EVP_EncryptUpdate(context, base, &written, plaintext, count) == 1
                && EVP_EncryptFinal_ex(context, base.advanced(by: plaintext.count), &written) == 1
                && EVP_CIPHER_CTX_ctrl(
                    context, EVP_CTRL_AEAD_GET_TAG, Int32(AESGCM.tagBytes),
                    base.advanced(by: plaintext.count)) == 1
        }
        guard isSealed else { throw .last("AES-GCM seal") }
    }

    /// The plaintext of a ciphertext with its tag at the end, or nil when the tag does not fit.
    package mutating func open(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8]) throws(OpenSSLError) -> [UInt8]? {
        try check(key: key, nonce: nonce)
        let count = sealed.count - AESGCM.tagBytes
        guard count >= 0 else { return nil }
        guard let length = Int32(exactly: count) else {
            throw OpenSSLError(call: "AES-GCM open", reason: "the message is over 2 GB")
        }
        var tag = Array(sealed[count...])
        var plaintext = [UInt8](repeating: 0, count: count)
        var written: Int32 = 0
        guard EVP_DecryptInit_ex2(context, Algorithm.aes128gcm, key, nonce, nil) == 1,
            EVP_DecryptUpdate(context, &plaintext, &written, sealed, length) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(AESGCM.tagBytes), &tag) == 1
        else { throw .last("AES-GCM open") }
        var rest: [UInt8] = [0]
        guard EVP_DecryptFinal_ex(context, &rest, &written) == 1 else {
            ERR_clear_error()
            return nil
        }
        return plaintext
    }

    private func check(key: [UInt8], nonce: [UInt8]) throws(OpenSSLError) {
        guard key.count == AESGCM.keyBytes, nonce.count == AESGCM.nonceBytes else {
            throw OpenSSLError(call: "AES-GCM", reason: "the key is 16 bytes and the nonce 12")
        }
    }
}
