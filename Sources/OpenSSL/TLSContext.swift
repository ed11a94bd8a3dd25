internal import COpenSSL

/// A server's certificate chain and key, and what it offers with them: TLS 1.2 and 1.3, forward secrecy and AEAD only, HTTP/1.1 by
/// ALPN (RFC 7301), resumption by tickets.
///
/// `@unchecked Sendable`: the SSL_CTX is configured in `init` and not changed any more; libssl counts its references and lets threads
/// make sessions of it at the same time (openssl-threads(7)).
package final class TLSContext: @unchecked Sendable {
    let handle: OpaquePointer
    /// Seconds since 1970 after which clients refuse the certificate.
    package let expiresAt: Int64
    private let chain: [UInt8]
    private let key: [UInt8]

    /// - Parameters:
    ///   - chain: PEM, the server's own certificate first.
    ///   - key: PEM of its private key, not encrypted.
    /// - Throws: what is wrong with them, and what would be right.
    package init(chain: [UInt8], key: [UInt8]) throws(OpenSSLError) {
        ERR_clear_error()
        guard let handle = SSL_CTX_new(TLS_server_method()) else { throw .last("SSL_CTX_new") }
        var isComplete = false
        defer { if !isComplete { SSL_CTX_free(handle) } }

        guard copenssl_ctx_set_min_tls12(handle) == 1,
            // RFC 9325 §4.2: ephemeral keys and AEAD; the suites of TLS 1.3 are nothing else.
            SSL_CTX_set_cipher_list(handle, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1,
            copenssl_ctx_set_groups(handle, "X25519:P-256:P-384") == 1,
            SSL_CTX_set_num_tickets(handle, 1) == 1
        else { throw .last("SSL_CTX") }
        copenssl_ctx_set_options(handle)
        SSL_CTX_set_alpn_select_cb(handle, { _, chosen, length, offered, count, _ in
            TLSContext.chooseProtocol(&chosen!.pointee, &length!.pointee, UnsafeBufferPointer(start: offered, count: Int(count)))
        }, nil)

        expiresAt = try TLSContext.install(chain, in: handle)
        let privateKey = try Key(privatePEM: key)
        let fits = withExtendedLifetime(privateKey) { SSL_CTX_use_PrivateKey(handle, privateKey.handle) == 1 && SSL_CTX_check_private_key(handle) == 1 }
        guard fits else {
            ERR_clear_error()
            throw OpenSSLError(call: "TLS key", reason: "does not belong to the first certificate of the chain")
        }
        isComplete = true
        self.handle = handle
        self.chain = chain
        self.key = key
    }

    deinit { SSL_CTX_free(handle) }

    /// The same with new ticket keys: who has recorded traffic and later learns a key can read no more than that key's time.
    package func renewed() throws(OpenSSLError) -> TLSContext { try TLSContext(chain: chain, key: key) }

    /// - Returns: when the first certificate expires.
    private static func install(_ pem: [UInt8], in context: OpaquePointer) throws(OpenSSLError) -> Int64 {
        var certificates: [OpaquePointer] = []
        defer { certificates.forEach(X509_free) }
        guard let count = Int32(exactly: pem.count), let memory = pem.withUnsafeBytes({ BIO_new_mem_buf($0.baseAddress, count) }) else {
            throw OpenSSLError(call: "TLS certificate", reason: "is empty or too long")
        }
        // The buffer is only borrowed: `pem` outlives the reading below.
        defer { BIO_free(memory) }
        withExtendedLifetime(pem) {
            while let certificate = PEM_read_bio_X509(memory, nil, { _, _, _, _ in -1 }, nil) { certificates.append(certificate) }
        }
        ERR_clear_error()
        guard let own = certificates.first else { throw OpenSSLError(call: "TLS certificate", reason: "the file holds no PEM certificate") }
        // Also refuses keys and signatures too weak for the security level (RSA below 2048 bits, SHA-1).
        guard SSL_CTX_use_certificate(context, own) == 1 else { throw .last("TLS certificate") }
        for issuer in certificates.dropFirst() {
            guard copenssl_ctx_add_chain(context, issuer) == 1 else { throw .last("TLS certificate chain") }
        }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard let epoch = ASN1_TIME_set(nil, 0) else { throw .last("ASN1_TIME_set") }
        defer { ASN1_STRING_free(epoch) }
        guard ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(own)) == 1 else { throw .last("TLS certificate time") }
        return Int64(days) * 86_400 + Int64(seconds)
    }

    /// RFC 7301 §3.2: who offers protocols and not ours is told so with an alert.
    private static func chooseProtocol(_ chosen: inout UnsafePointer<UInt8>?, _ length: inout UInt8, _ offered: UnsafeBufferPointer<UInt8>) -> Int32 {
        let name = Array("http/1.1".utf8)
        var start = 0
        while start < offered.count {
            let end = start + 1 + Int(offered[start])
            guard end <= offered.count else { break }
            if offered[(start + 1)..<end].elementsEqual(name) {
                chosen = offered.baseAddress.map { $0 + start + 1 }
                length = UInt8(name.count)
                return SSL_TLSEXT_ERR_OK
            }
            start = end
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
}
