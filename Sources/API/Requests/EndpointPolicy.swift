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
        let scheme = Array("https://".utf8)
        let bytes = Array(url.utf8)
        guard bytes.count > scheme.count, bytes.prefix(scheme.count).map(\.asciiLowercased) == scheme else { return "must be an https URL" }
        // Clients disagree on what follows a space, a control byte or a backslash, and on how other scripts are folded.
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            return "must be written in ASCII without spaces and backslashes: percent-encode the path, write the host in Punycode"
        }
        let authority = bytes.dropFirst(scheme.count).prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard let host = host(of: Array(authority)) else { return "must name a host and no user" }
        if host.first == UInt8(ascii: "[") {
            guard let address = ipv6(host) else { return "must not name an IPv6 address that cannot be read" }
            return IPRange.isPublic(address) ? nil : "must not lead to a private, loopback or link-local address"
        }
        let name = host.last == UInt8(ascii: ".") ? host.dropLast() : host[...]
        let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
        guard let last = labels.last, labels.allSatisfy(isLabel), name.count <= 253 else {
            return "must name a host of letters, digits and hyphens"
        }
        // The URL Standard takes any name that ends in a number for an IPv4 address: 127.1, 2130706433, 0x7f.1.
        if last.allSatisfy(\.isASCIIDigit) || last.starts(with: Array("0x".utf8)) {
            guard let address = ipv4(labels) else { return "must not write an IPv4 address in another way than a.b.c.d" }
            return IPRange.isPublic(address) ? nil : "must not lead to a private, loopback or link-local address"
        }
        if labels.count == 1 || localNames.contains(where: { Array($0.utf8) == last }) {
            return "must not name a host of the local network"
        }
        return nil
    }

    /// Last labels that lead nowhere on the internet (RFC 6761, RFC 6762, RFC 8375, RFC 9476), or into one's own network by custom.
    private static let localNames = [
        "localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "lan", "home", "arpa", "invalid", "test", "onion", "alt",
    ]

    /// A part of a name as DNS hosts have it, in lower case; the underscore is in use.
    private static func isLabel(_ label: [UInt8]) -> Bool {
        (1...63).contains(label.count) && label.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
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
        guard end > 0, port.isEmpty || isPort(port) else { return nil }
        return Array(folded[..<end])
    }

    private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.first == UInt8(ascii: ":"), (2...6).contains(text.count) else { return false }
        let port = text.dropFirst().reduce(0) { $1.isASCIIDigit && $0 >= 0 ? $0 * 10 + Int($1 - UInt8(ascii: "0")) : -1 }
        return (1...65_535).contains(port)
    }

    private static func ipv4(_ labels: [[UInt8]]) -> [UInt8]? {
        guard labels.count == 4 else { return nil }
        var address: [UInt8] = []
        for label in labels {
            let isCanonical = label.count == 1 || label.first != UInt8(ascii: "0")
            guard isCanonical, let part = String(validating: label, as: UTF8.self)?.decimal, part <= 255 else { return nil }
            address.append(UInt8(part))
        }
        return address
    }

    private static func ipv6(_ host: [UInt8]) -> [UInt8]? {
        var address = in6_addr()
        guard let text = String(validating: host.dropFirst().dropLast(), as: UTF8.self), inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: &address) { Array($0) }
    }
}
