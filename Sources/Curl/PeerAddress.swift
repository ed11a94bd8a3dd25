import Glibc

/// The address that a connection is about to be made to, after the name lookup.
package struct PeerAddress: Sendable, Hashable {
    /// 4 bytes (IPv4, also when it came mapped into IPv6) or 16, in network order.
    package let bytes: [UInt8]
    package let port: UInt16

    package init(bytes: [UInt8], port: UInt16) {
        let isMapped = bytes.count == 16 && bytes.starts(with: Self.mappedPrefix)
        self.bytes = isMapped ? Array(bytes[12...]) : bytes
        self.port = port
    }

    /// Reads a `sockaddr_in` or `sockaddr_in6`; nil for any other family or length.
    init?(_ address: UnsafeRawBufferPointer) {
        guard address.count >= MemoryLayout<sockaddr_in>.size else { return nil }
        let family = Int32(address.loadUnaligned(as: sa_family_t.self))
        let port = UInt16(bigEndian: address.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        switch family {
        case AF_INET:
            self.init(bytes: Array(address[4..<8]), port: port)
        case AF_INET6 where address.count >= MemoryLayout<sockaddr_in6>.size:
            self.init(bytes: Array(address[8..<24]), port: port)
        default:
            return nil
        }
    }

    /// Whether the address is one of the open internet, by the IANA special-purpose registries
    /// (RFC 6890): the rule for URLs that strangers hand in.
    package var isPublic: Bool {
        if bytes.count == 4 { return !Self.reserved(bytes, among: Self.reservedV4) }
        guard bytes.count == 16 else { return false }
        // NAT64 (RFC 6052 §2.1) is as public as the IPv4 address it carries.
        if bytes.starts(with: Self.nat64Prefix) {
            return !Self.reserved(Array(bytes[12...]), among: Self.reservedV4)
        }
        // Only 2000::/3 is handed out as global unicast (RFC 4291 §2.4).
        return bytes[0] & 0xE0 == 0x20 && !Self.reserved(bytes, among: Self.reservedV6)
    }

    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    private static let nat64Prefix: [UInt8] = [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]

    private static let reservedV4: [(prefix: [UInt8], bits: Int)] = [
        ([0], 8),  // this network
        ([10], 8),  // private
        ([100, 64], 10),  // carrier-grade NAT
        ([127], 8),  // loopback
        ([169, 254], 16),  // link-local, cloud metadata
        ([172, 16], 12),  // private
        ([192, 0, 0], 24),  // protocol assignments
        ([192, 0, 2], 24),  // documentation
        ([192, 88, 99], 24),  // 6to4 relays
        ([192, 168], 16),  // private
        ([198, 18], 15),  // benchmarks
        ([198, 51, 100], 24),  // documentation
        ([203, 0, 113], 24),  // documentation
        ([224], 4),  // multicast
        ([240], 4),  // reserved, broadcast
    ]

    private static let reservedV6: [(prefix: [UInt8], bits: Int)] = [
        ([0x20, 0x01, 0x00], 23),  // protocol assignments, Teredo
        ([0x20, 0x01, 0x0D, 0xB8], 32),  // documentation
        ([0x20, 0x02], 16),  // 6to4, carries an IPv4 address
        ([0x3F, 0xFF, 0x00], 20),  // documentation
    ]

    private static func reserved(_ bytes: [UInt8], among blocks: [(prefix: [UInt8], bits: Int)]) -> Bool {
        blocks.contains { block in
            let whole = block.bits / 8
            let rest = block.bits % 8
            guard zip(bytes, block.prefix).prefix(whole).allSatisfy(==) else { return false }
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
            return rest == 0 || bytes[whole] & mask == block.prefix[whole] & mask
        }
    }
}
