import Core
import Glibc

/// Which web push endpoints may be registered. An endpoint is a URL that strangers give us and we call, so it must not lead into
/// the operator's own network. The sender checks the resolved address again: a name may point anywhere.
package enum EndpointPolicy {
    /// Why the URL may not be called, or nil when it may.
    ///
    /// - Parameter allowsPrivate: the account says `allow_private_endpoints`.
    package static func refusal(of url: String, allowsPrivate: Bool) -> String? {
        if allowsPrivate { return nil }
        let scheme = "https://"
        guard url.utf8.count > scheme.utf8.count, url.prefix(scheme.count).asciiLowercased == scheme else { return "must be an https URL" }
        let authority = url.utf8.dropFirst(scheme.utf8.count).prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard let host = host(of: Array(authority)) else { return "must name a host and no user" }
        if host.first == UInt8(ascii: "[") {
            guard let address = ipv6(host) else { return "must not name an IPv6 address that cannot be read" }
            return IPRange.isPublic(ipv6: address) ? nil : "must not lead to a private, loopback or link-local address"
        }
        let name = host.last == UInt8(ascii: ".") ? host.dropLast() : host[...]
        let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
        guard let last = labels.last, !labels.contains([]) else { return "must name a host" }
        // The URL Standard takes any name that ends in a number for an IPv4 address: 127.1, 2130706433, 0x7f.1.
        if last.allSatisfy(\.isASCIIDigit) || last.starts(with: Array("0x".utf8)) {
            guard let address = ipv4(labels) else { return "must not write an IPv4 address in another way than a.b.c.d" }
            return IPRange.isPublic(ipv4: address) ? nil : "must not lead to a private, loopback or link-local address"
        }
        if labels.count == 1 || ["localhost", "local", "internal", "lan", "home"].contains(where: { Array($0.utf8) == last }) || last == Array("arpa".utf8) {
            return "must not name a host of the local network"
        }
        return nil
    }

    /// The host in lower case, without the port; nil with a user part or an odd port.
    private static func host(of authority: [UInt8]) -> [UInt8]? {
        guard !authority.contains(UInt8(ascii: "@")) else { return nil }
        let folded = authority.map(\.asciiLowercased)
        let end: Int
        if folded.first == UInt8(ascii: "[") {
            guard let bracket = folded.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            end = bracket + 1
        } else {
            end = folded.firstIndex(of: UInt8(ascii: ":")) ?? folded.count
        }
        let port = folded[end...]
        guard end > 0, port.isEmpty || port.first == UInt8(ascii: ":") && port.dropFirst().allSatisfy(\.isASCIIDigit) else { return nil }
        return Array(folded[..<end])
    }

    private static func ipv4(_ labels: [[UInt8]]) -> UInt32? {
        guard labels.count == 4 else { return nil }
        var address: UInt32 = 0
        for label in labels {
            let isCanonical = label.count == 1 || label.first != UInt8(ascii: "0")
            guard isCanonical, let part = String(validating: label, as: UTF8.self)?.decimal, part <= 255 else { return nil }
            address = address << 8 | UInt32(part)
        }
        return address
    }

    private static func ipv6(_ host: [UInt8]) -> [UInt8]? {
        var address = in6_addr()
        guard let text = String(validating: host.dropFirst().dropLast(), as: UTF8.self), inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: &address) { Array($0) }
    }
}

/// The ranges of the IANA special-purpose registries (RFC 6890 and its updates) that are not to be called.
package enum IPRange {
    private static let refused4: [(network: UInt32, bits: UInt32)] = [
        (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xA9FE_0000, 16), (0xAC10_0000, 12),
        (0xC000_0000, 24), (0xC000_0200, 24), (0xC058_6300, 24), (0xC0A8_0000, 16), (0xC612_0000, 15), (0xC633_6400, 24),
        (0xCB00_7100, 24), (0xE000_0000, 4), (0xF000_0000, 4),
    ]

    package static func isPublic(ipv4 address: UInt32) -> Bool {
        !refused4.contains { address >> (32 - $0.bits) == $0.network >> (32 - $0.bits) }
    }

    /// - Parameter address: 16 bytes, the first one first.
    package static func isPublic(ipv6 address: [UInt8]) -> Bool {
        guard address.count == 16 else { return false }
        // Global unicast is 2000::/3 (RFC 4291 section 2.4); what holds an IPv4 address (mapped, NAT64, 6to4, Teredo) and the
        // documentation and special blocks of 2001::/23 are left out.
        guard address[0] & 0xE0 == 0x20 else { return false }
        if address[0] == 0x20, address[1] == 0x02 { return false }
        if address[0] == 0x20, address[1] == 0x01 { return address[2] > 0x01 && !(address[2] == 0x0D && address[3] == 0xB8) }
        return !(address[0] == 0x3F && address[1] == 0xFF)
    }
}
