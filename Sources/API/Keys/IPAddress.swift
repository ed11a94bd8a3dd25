import Core
import Glibc

/// An IPv4 or IPv6 address; an IPv4 one is held as `::ffff:a.b.c.d` (RFC 4291 section 2.5.5.2).
package struct IPAddress: Sendable, Equatable {
    /// Bits 127 to 64, and 63 to 0.
    package let high: UInt64
    package let low: UInt64

    private static let mappedPrefix: UInt64 = 0xFFFF << 32

    var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// Nil unless `text` is an address in digits, without zone and port.
    package init?(_ text: String) {
        guard text.utf8.count <= 45 else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            high = 0
            low = IPAddress.mappedPrefix | UInt64(UInt32(bigEndian: four.s_addr))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        (high, low) = withUnsafeBytes(of: &six) {
            (UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)), UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    /// Whoever has one address of a /64 has them all (RFC 6177): the network for IPv6, the address for IPv4. The two cannot meet, since
    /// no source address begins with `ffff` (RFC 4291 section 2.7).
    var neighbourhood: UInt64 { isIPv4 ? 0xFFFF << 48 | low & 0xFFFF_FFFF : high }
}

/// An address block such as `10.0.0.0/8` or `2001:db8::/32`.
package struct IPNetwork: Sendable, Equatable {
    private let address: IPAddress
    /// Of 128.
    private let bits: Int

    /// Nil unless `text` is an address, alone or with the length of its prefix.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        let isDotted = address.isIPv4 && !first.utf8.contains(UInt8(ascii: ":"))
        let width: Int64 = isDotted ? 32 : 128
        guard let length = parts.count == 2 ? parts[1].decimal : width, length <= width else { return nil }
        self.address = address
        bits = Int(length) + (isDotted ? 96 : 0)
    }

    package func contains(_ other: IPAddress) -> Bool {
        func agree(_ left: UInt64, _ right: UInt64, _ bits: Int) -> Bool { bits <= 0 || (left ^ right) >> (64 - min(bits, 64)) == 0 }
        return agree(address.high, other.high, bits) && agree(address.low, other.low, bits - 64)
    }
}
