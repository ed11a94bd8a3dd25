package import OpenSSL

/// The key schedule of the `aes128gcm` content coding (RFC 8188 §2.2, §2.3).
package struct ContentKeys: Equatable {
    /// 16 bytes, random, once per message.
    package static let saltBytes = 16

    /// The pseudo-random key, 32 bytes.
    package let pseudoRandomKey: [UInt8]
    /// The content encryption key, 16 bytes.
    package let key: [UInt8]
    /// The nonce of record 0, 12 bytes; later records XOR their number into it, but push has one record only.
    package let nonce: [UInt8]

    package init(material: [UInt8], salt: [UInt8], with hmac: inout HMAC) {
        pseudoRandomKey = HKDF.extract(salt: salt, material: material, with: &hmac)
        key = HKDF.expand(pseudoRandomKey, info: ContentKeys.keyInfo, count: AESGCM.keyBytes, with: &hmac)
        nonce = HKDF.expand(pseudoRandomKey, info: ContentKeys.nonceInfo, count: AESGCM.nonceBytes, with: &hmac)
    }

    // The final zero belongs to both strings (RFC 8188 §2.2).
    private static let keyInfo = Array("Content-Encoding: aes128gcm\0".utf8)
    private static let nonceInfo = Array("Content-Encoding: nonce\0".utf8)
}
