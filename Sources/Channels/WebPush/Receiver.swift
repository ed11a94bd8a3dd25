internal import OpenSSL

/// What a browser gave us to encrypt with (RFC 8291 §3.1, §3.2).
package struct Receiver: Equatable, Sendable {
    package static let secretBytes = 16

    /// `p256dh`: an uncompressed point, 65 bytes.
    package let point: [UInt8]
    /// `auth`: 16 bytes.
    package let secret: [UInt8]

    /// Decodes base64url, padded or not, and the plain base64 that older client code makes of the
    /// same bytes; nil at a wrong length. Whether the point is on the curve is checked where it is
    /// used, and at registration by `WebPushRules`.
    package init?(p256dh: String, auth: String) {
        guard let point = Receiver.decode(p256dh), point.count == P256.pointBytes, point.first == 0x04,
            let secret = Receiver.decode(auth), secret.count == Receiver.secretBytes
        else { return nil }
        self.point = point
        self.secret = secret
    }

    /// Stands in while the point alone is being checked.
    static let anySecret = "AAAAAAAAAAAAAAAAAAAAAA"

    private static func decode(_ text: String) -> [UInt8]? {
        Base64URL.decode(text) ?? Base64.decode(text)
    }
}
