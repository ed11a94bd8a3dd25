package import Core
package import OpenSSL

/// The credentials with which the simulated providers know their one customer, and the addresses they serve.
///
/// Alike for the same seed but for the RSA key of the service account, which libcrypto draws anew.
package struct SandboxWorld: Sendable {
    package let seed: UInt64
    package let book: AddressBook

    package let apnsKey: P256.SigningKey
    package let apnsKeyID: String
    package let teamID: String

    package let fcmKey: RSA.SigningKey
    package let fcmKeyID: String
    package let projectID: String
    package let clientEmail: String

    package let vapidKey: P256.SigningKey

    package let pageToken: String
    package let appSecret: String
    package let verifyToken: String

    package let kannelUser: String
    package let kannelPassword: String
    package let twilioAccount: String
    package let twilioAuthToken: String

    package static func generate(seed: UInt64) throws(OpenSSLError) -> SandboxWorld { try SandboxWorld(seed: seed) }

    private init(seed: UInt64) throws(OpenSSLError) {
        let hash = SipHash(key: (0..<16).map { UInt8(truncatingIfNeeded: seed >> (8 * ($0 % 8))) ^ (0x3C &+ $0) })
        self.seed = seed
        book = try AddressBook(seed: seed)
        apnsKey = try P256.SigningKey(scalar: AddressBook.scalar(hash, "apns"))
        apnsKeyID = SandboxWorld.word(hash, "key id", "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 10)
        teamID = SandboxWorld.word(hash, "team id", "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 10)
        fcmKey = try RSA.SigningKey.generate()
        fcmKeyID = SandboxWorld.word(hash, "fcm", "0123456789abcdef", 40)
        projectID = "sandbox-" + SandboxWorld.word(hash, "project", "0123456789abcdef", 6)
        clientEmail = "push@\(projectID).iam.gserviceaccount.com"
        vapidKey = try P256.SigningKey(scalar: AddressBook.scalar(hash, "vapid"))
        pageToken = "EAAG" + SandboxWorld.word(hash, "page", SandboxWorld.alphanumeric, 180)
        appSecret = SandboxWorld.word(hash, "secret", "0123456789abcdef", 32)
        verifyToken = SandboxWorld.word(hash, "verify", SandboxWorld.alphanumeric, 24)
        kannelUser = "sandbox"
        kannelPassword = SandboxWorld.word(hash, "kannel", SandboxWorld.alphanumeric, 20)
        twilioAccount = "AC" + SandboxWorld.word(hash, "twilio", "0123456789abcdef", 32)
        twilioAuthToken = SandboxWorld.word(hash, "twilio token", "0123456789abcdef", 32)
    }

    private static let alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

    private static func word(_ hash: SipHash, _ label: String, _ alphabet: String, _ count: Int) -> String {
        let letters = Array(alphabet.utf8)
        let bytes = (0..<count).map { letters[Int(hash.hash("\(label)/\($0)") % UInt64(letters.count))] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The key file that Google's console offers for download.
    package func serviceAccount(origin: String) throws(OpenSSLError) -> JSONValue {
        let pem = String(decoding: try fcmKey.pem(), as: UTF8.self)
        return [
            "type": "service_account", "project_id": .string(projectID), "private_key_id": .string(fcmKeyID),
            "private_key": .string(pem), "client_email": .string(clientEmail), "client_id": "104857600000000000000",
            "auth_uri": .string(origin + "/o/oauth2/auth"), "token_uri": .string(origin + "/token"),
            "universe_domain": "googleapis.com",
        ]
    }
}
