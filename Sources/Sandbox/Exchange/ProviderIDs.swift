import Core
import Linux

/// Makes the ids that providers give to messages: unique within the process, and alike for the same seed and order.
package final class ProviderIDs: Sendable {
    private let hash: SipHash
    private let count = Lock<UInt64>(0)

    package init(seed: UInt64) {
        hash = SipHash(key: ProviderIDs.bytes(seed) + ProviderIDs.bytes(~seed))
    }

    private func next() -> UInt64 {
        count.withLock { count in
            count &+= 1
            return count
        }
    }

    /// 128 bits of which the last 40 count, so that no two are the same.
    private func words() -> (UInt64, UInt64) {
        let number = next()
        let high = hash.hash("id/high/\(number)")
        let low = hash.hash("id/low/\(number)")
        return (high, low & ~0xFF_FFFF_FFFF | number & 0xFF_FFFF_FFFF)
    }

    /// 32 lower-case hexadecimal digits.
    package func hex() -> String {
        let (high, low) = words()
        return ProviderIDs.hex(high) + ProviderIDs.hex(low)
    }

    /// A version 4 UUID, lower case.
    package func uuid() -> String {
        var digits = Array(hex().utf8)
        digits[12] = UInt8(ascii: "4")
        digits[16] = UInt8(ascii: "8")
        for index in [20, 16, 12, 8] { digits.insert(UInt8(ascii: "-"), at: index) }
        return String(decoding: digits, as: UTF8.self)
    }

    /// A plain number of up to 19 digits.
    package func number() -> String { String(1_000_000_000_000_000 + next()) }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private static func bytes(_ word: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
}
