/// The name of one message to one recipient, the same on every attempt: a version 8 UUID (RFC 9562 section 5.8)
/// whose bits come from the installation's hash key, the run and the subscription. Providers that know
/// de-duplication or correlation ids get it as such (`apns-id`, `X-Line-Retry-Key`).
package struct MessageKey: Sendable, Hashable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    package init(run: RunID, recipient: Int64, hash: SipHash) {
        let name = "\(run.rawValue)/\(recipient)"
        high = hash.hash("key/high/" + name) & ~0xF000 | 0x8000
        low = hash.hash("key/low/" + name) & ~(0b11 << 62) | 0b10 << 62
    }

    /// Lower case, 8-4-4-4-12.
    package var description: String {
        var out: [UInt8] = []
        out.reserveCapacity(36)
        for (word, dashes) in [(high, [8, 12]), (low, [0, 4])] {
            for nibble in 0..<16 {
                if dashes.contains(nibble) { out.append(UInt8(ascii: "-")) }
                out.append(MessageKey.hexDigits[Int(word >> UInt64(60 - 4 * nibble) & 0xF)])
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}
