package import Core
import OpenSSL

/// What a webhook's messages are signed with (standardwebhooks.com, "Signature scheme"). It is stored nowhere: it follows from the secret of this
/// installation and the webhook's salt.
package struct WebhookSecret: Sendable, Equatable {
    private let key: [UInt8]

    /// - Parameter key: 24 to 64 bytes.
    package init(key: [UInt8]) { self.key = key }

    /// - Parameters:
    ///   - salt: another for each webhook and each rotation.
    ///   - installation: its 32 secret bytes.
    package init(of webhook: WebhookID, salt: [UInt8], installation: [UInt8]) {
        key = HMAC.sha256(key: installation, message: Array("webhook/\(webhook)/".utf8) + salt)
    }

    /// As its owner gets it, once.
    package var text: String { "whsec_" + Base64.encode(key) }

    /// One word of `webhook-signature`.
    package func signature(of message: String, at seconds: Int64, _ body: [UInt8]) -> String {
        "v1," + Base64.encode(HMAC.sha256(key: key, message: Array("\(message).\(seconds).".utf8) + body))
    }
}
