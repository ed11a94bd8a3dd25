internal import Core
internal import OpenSSL

/// Proves that a delivery report URL was made by us: 128 bits of HMAC-SHA256 over account and delivery, in hexadecimal.
enum DeliveryToken {
    static func make(for delivery: DeliveryID, account: Account, secret: [UInt8]) -> String {
        let message = "clairon sms delivery report\u{0}\(account.name)\u{0}\(delivery)"
        return Hex.encode(Array(HMAC.sha256(key: secret, message: Array(message.utf8)).prefix(16)))
    }

    static func isValid(_ token: String, for delivery: DeliveryID, account: Account, secret: [UInt8]) -> Bool {
        constantTimeEqual(Array(token.utf8), Array(make(for: delivery, account: account, secret: secret).utf8))
    }
}
