package import OpenSSL

/// Encrypts messages for browsers (RFC 8291), one record of `aes128gcm` each (RFC 8188).
///
/// Owned by one thread: the contexts of every primitive are allocated once and renewed per message.
package struct WebPushEncryption: ~Copyable {
    /// Salt, record size, key id length, and the sender's point as key id (RFC 8188 §2.1, RFC 8291 §4).
    package static let headerBytes = ContentKeys.saltBytes + 4 + 1 + P256.pointBytes
    /// The `rs` of the header; the one record must be shorter or equal.
    package static let recordBytes = 4096
    /// Push services must take bodies of 4096 bytes and may refuse longer ones (RFC 8030 §7.2):
    /// 4096 less the header, the delimiter and the tag.
    package static let maximumPlaintextBytes = 4096 - headerBytes - 1 - AESGCM.tagBytes

    private var hmac = HMAC(.sha256)
    private var gcm = AESGCM()
    private var agreement: P256.Agreement

    package init() throws(OpenSSLError) {
        agreement = try P256.Agreement()
    }

    /// The body for `receiver`: a fresh key pair and a fresh salt per message. Nil when the receiver's
    /// point is not on the curve.
    ///
    /// - Parameter padding: zero bytes that hide the length of the plaintext.
    package mutating func encrypt(
        _ plaintext: [UInt8], for receiver: Receiver, padding: Int
    ) throws(OpenSSLError) -> [UInt8]? {
        try agreement.renew()
        return try seal(plaintext, for: receiver, padding: padding, salt: SecureRandom.bytes(ContentKeys.saltBytes))
    }

    /// The body with a key pair and a salt that are given: reproduces the vectors of RFC 8291.
    package mutating func encrypt(
        _ plaintext: [UInt8], for receiver: Receiver, padding: Int, salt: [UInt8], scalar: [UInt8]
    ) throws(OpenSSLError) -> [UInt8]? {
        try agreement.load(scalar: scalar)
        return try seal(plaintext, for: receiver, padding: padding, salt: salt)
    }

    private mutating func seal(
        _ plaintext: [UInt8], for receiver: Receiver, padding: Int, salt: [UInt8]
    ) throws(OpenSSLError) -> [UInt8]? {
        precondition(salt.count == ContentKeys.saltBytes, "a salt is 16 bytes")
        let recordBytes = plaintext.count + 1 + padding + AESGCM.tagBytes
        precondition(padding >= 0 && recordBytes <= WebPushEncryption.recordBytes, "the message does not fit one record")
        guard let secret = try agreement.sharedSecret(with: receiver.point) else { return nil }
        let material = WebPushEncryption.inputKeyMaterial(
            secret: secret, receiver: receiver, sender: agreement.publicPoint, with: &hmac)
        let keys = ContentKeys(material: material, salt: salt, with: &hmac)

        var record = plaintext
        record.reserveCapacity(plaintext.count + 1 + padding)
        record.append(0x02)  // The delimiter of the last record (RFC 8188 §2).
        record.append(contentsOf: repeatElement(0, count: padding))

        var body: [UInt8] = []
        body.reserveCapacity(WebPushEncryption.headerBytes + recordBytes)
        body.append(contentsOf: salt)
        let size = UInt32(WebPushEncryption.recordBytes)
        for shift: UInt32 in [24, 16, 8, 0] { body.append(UInt8(truncatingIfNeeded: size >> shift)) }
        body.append(UInt8(P256.pointBytes))
        body.append(contentsOf: agreement.publicPoint)
        try gcm.seal(record, key: keys.key, nonce: keys.nonce, to: &body)
        return body
    }

    /// Mixes the subscription's secret into the shared one (RFC 8291 §3.3, §3.4): 32 bytes.
    package static func inputKeyMaterial(
        secret: [UInt8], receiver: Receiver, sender: [UInt8], with hmac: inout HMAC
    ) -> [UInt8] {
        let key = HKDF.extract(salt: receiver.secret, material: secret, with: &hmac)
        // The browser's point comes first, whoever computes this.
        return HKDF.expand(key, info: infoPrefix + receiver.point + sender, count: 32, with: &hmac)
    }

    private static let infoPrefix = Array("WebPush: info\0".utf8)
}
