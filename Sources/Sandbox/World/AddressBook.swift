import Core
package import OpenSSL

/// Every device, browser and person of the sandbox, without a table: an address carries its number and a keyed
/// hash over it, so that making the millionth and knowing it again both take no memory. Any thread.
package final class AddressBook: Sendable {
    private let hash: SipHash
    private let browsers: BrowserKeys

    /// How many key pairs all simulated browsers share (`BrowserKeys`).
    private static let browserKeyPairs: UInt64 = 64

    package init(seed: UInt64) throws(OpenSSLError) {
        let hash = SipHash(key: (0..<16).map { UInt8(truncatingIfNeeded: seed >> (8 * ($0 % 8))) ^ (0xA5 &+ $0) })
        self.hash = hash
        var scalars: [[UInt8]] = []
        for index in 0..<AddressBook.browserKeyPairs { scalars.append(AddressBook.scalar(hash, "browser/\(index)")) }
        browsers = try BrowserKeys(scalars: scalars)
    }

    /// 64 lower-case hexadecimal digits.
    package func apnsToken(_ index: Int) -> String { Hex.encode(seal(UInt64(index), "apns")) }

    /// An instance id, a colon and a secret, 163 characters in all, as Firebase's are.
    package func fcmToken(_ index: Int) -> String { fcmToken(UInt64(index)) }

    /// A page-scoped id of 16 digits.
    package func psid(_ index: Int) -> String { psid(UInt64(index)) }

    /// A French mobile number, +336 and eight digits; they repeat after 100 million.
    package func phone(_ index: Int) -> String {
        let digits = String(abs(index % 100_000_000))
        return "+336" + String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    /// What a browser's `PushSubscription` says.
    ///
    /// - Parameter origin: of the sandbox as the sender reaches it, such as `http://127.0.0.1:8089`.
    package func webPush(_ index: Int, origin: String) -> (endpoint: String, p256dh: String, auth: String) {
        let number = UInt64(index)
        return (
            origin + "/wpush/" + Base64URL.encode(seal(number, "webpush")),
            Base64URL.encode(browsers.publicPoint(number)), Base64URL.encode(authSecret(number))
        )
    }

    package func isAPNsToken(_ token: String) -> Bool { Hex.decode(token).flatMap { open($0, "apns") } != nil }

    package func isFCMToken(_ token: String) -> Bool {
        guard let id = Base64URL.decode(Array(token.utf8.prefix(22))), id.count == 16 else { return false }
        return fcmToken(AddressBook.word(id, 0) ^ hash.hash("fcm/mask/\(AddressBook.word(id, 8))")) == token
    }

    package func isPSID(_ id: String) -> Bool {
        guard id.utf8.count == 16, let number = id.dropFirst().dropLast(5).decimal else { return false }
        return psid(UInt64(number)) == id
    }

    /// The number of the subscription behind `/wpush/{id}`.
    func webPushIndex(ofID id: String) -> UInt64? { Base64URL.decode(id).flatMap { open($0, "webpush") } }

    /// What the browser of a subscription reads, or nil when it would drop the message.
    func decrypt(_ body: [UInt8], index: UInt64) -> [UInt8]? {
        browsers.decrypt(body, index: index, auth: authSecret(index))
    }

    private func authSecret(_ index: UInt64) -> [UInt8] {
        AddressBook.bytes(hash.hash("auth/0/\(index)")) + AddressBook.bytes(hash.hash("auth/1/\(index)"))
    }

    private func fcmToken(_ index: UInt64) -> String {
        let tag = hash.hash("fcm/\(index)")
        let id = AddressBook.bytes(index ^ hash.hash("fcm/mask/\(tag)")) + AddressBook.bytes(tag)
        var secret: [UInt8] = []
        for part in 0..<12 { secret += AddressBook.bytes(hash.hash("fcm/\(part)/\(index)")) }
        return Base64URL.encode(id) + ":APA91bH" + Base64URL.encode(secret) + "_wQ4e"
    }

    private func psid(_ index: UInt64) -> String {
        let digits = String(index % 10_000_000_000)
        let tag = String(hash.hash("psid/\(index)") % 100_000)
        return "2" + String(repeating: "0", count: 10 - digits.utf8.count) + digits
            + String(repeating: "0", count: 5 - tag.utf8.count) + tag
    }

    /// 32 bytes: the number, masked, and three hashes of it.
    private func seal(_ index: UInt64, _ label: String) -> [UInt8] {
        let tags = (0..<3).map { hash.hash("\(label)/\($0)/\(index)") }
        return AddressBook.bytes(index ^ hash.hash("\(label)/mask/\(tags[0])")) + tags.flatMap(AddressBook.bytes)
    }

    private func open(_ bytes: [UInt8], _ label: String) -> UInt64? {
        guard bytes.count == 32 else { return nil }
        let index = AddressBook.word(bytes, 0) ^ hash.hash("\(label)/mask/\(AddressBook.word(bytes, 8))")
        return seal(index, label) == bytes ? index : nil
    }

    /// A private key of P-256: 32 bytes with the first bit clear are below the order.
    static func scalar(_ hash: SipHash, _ label: String) -> [UInt8] {
        var bytes = (0..<4).flatMap { AddressBook.bytes(hash.hash("scalar/\($0)/\(label)")) }
        bytes[0] &= 0x7F
        return bytes
    }

    private static func bytes(_ word: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }

    /// The 8 bytes from `start`, of which there must be that many.
    private static func word(_ bytes: [UInt8], _ start: Int) -> UInt64 {
        bytes[start..<(start + 8)].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
