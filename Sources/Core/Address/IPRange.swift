/// The addresses that a URL of strangers may lead to: those of the open internet, and none of the IANA special-purpose
/// registries (RFC 6890 and its updates). One table for what is registered and for what is connected to.
package enum IPRange {
    /// - Parameters:
    ///   - address: 4 or 16 bytes, in network order; any other number is not public.
    ///   - throughNAT64: judge 64:ff9b::/96 by the IPv4 address in it (RFC 6052 §2.1). For resolved addresses: on an
    ///     IPv6-only network every IPv4 host is reached that way. A URL has no reason to write it.
    package static func isPublic(_ address: [UInt8], throughNAT64: Bool = false) -> Bool {
        if address.count == 4 { return !isWithin(address, reserved4) }
        guard address.count == 16 else { return false }
        if throughNAT64, address.starts(with: nat64) { return !isWithin(Array(address[12...]), reserved4) }
        // Only 2000::/3 is handed out as global unicast (RFC 4291 §2.4). Outside of it lie ::, ::1, mapped and compatible
        // IPv4, 64:ff9b::/96, 64:ff9b:1::/48, 100::/64, 5f00::/16, fc00::/7, fe80::/10, fec0::/10 and ff00::/8.
        return address[0] & 0xE0 == 0x20 && !isWithin(address, reserved6)
    }

    private static let nat64: [UInt8] = [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]

    private static let reserved4: [(prefix: [UInt8], bits: Int)] = [
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

    private static let reserved6: [(prefix: [UInt8], bits: Int)] = [
        ([0x20, 0x01, 0x00], 23),  // protocol assignments, Teredo
        ([0x20, 0x01, 0x0D, 0xB8], 32),  // documentation
        ([0x20, 0x02], 16),  // 6to4, carries an IPv4 address
        ([0x3F, 0xFF, 0x00], 20),  // documentation
    ]

    private static func isWithin(_ address: [UInt8], _ blocks: [(prefix: [UInt8], bits: Int)]) -> Bool {
        blocks.contains { block in
            let whole = block.bits / 8
            let rest = block.bits % 8
            guard address.starts(with: block.prefix.prefix(whole)) else { return false }
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
            return rest == 0 || address[whole] & mask == block.prefix[whole] & mask
        }
    }
}
