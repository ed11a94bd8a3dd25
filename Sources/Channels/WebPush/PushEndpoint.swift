internal import Core

/// The URL of a push subscription, as the browser gave it: an opaque capability, used byte for byte
/// (RFC 8030 §8.3), of which only the origin is read.
package struct PushEndpoint: Equatable, Sendable {
    /// Far above what push services hand out (Windows: about 600 bytes).
    package static let maximumBytes = 2_048

    package let url: String
    /// `scheme://host[:port]`, lower case, without the default port: the `aud` of RFC 8292 §2.
    package let origin: String

    /// Nil unless the URL is https, printable ASCII, with a host and without a user part. Plain http is
    /// taken for loopback hosts alone, where a browser under test is served by a local push service;
    /// sending there needs the account's `allow_private_endpoints` besides.
    package init?(_ url: String) {
        let bytes = Array(url.utf8)
        guard bytes.count <= PushEndpoint.maximumBytes, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
            let colon = bytes.prefix(Scheme.maximumBytes + 1).firstIndex(of: UInt8(ascii: ":")),
            let scheme = Scheme(rawValue: PushEndpoint.lowercased(bytes[..<colon])),
            bytes[colon...].starts(with: "://".utf8)
        else { return nil }
        let rest = bytes[(colon + 3)...]
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let authority = rest[..<(end ?? rest.endIndex)]
        guard let (host, port) = PushEndpoint.split(authority) else { return nil }
        guard scheme == .https || PushEndpoint.loopback.contains(host) else { return nil }

        self.url = url
        let isDefault = port == nil || port == (scheme == .https ? 443 : 80)
        origin = "\(scheme.rawValue)://\(host)" + (isDefault ? "" : ":\(port ?? 0)")
    }

    private enum Scheme: String {
        case http, https
        static let maximumBytes = 5
    }

    private static let loopback: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

    /// Host in lower case, and port: a name, an IPv4 address or a bracketed IPv6 address (RFC 3986 §3.2.2).
    private static func split(_ authority: ArraySlice<UInt8>) -> (host: String, port: Int64?)? {
        var host = authority
        var port: Int64?
        if let colon = authority.lastIndex(of: UInt8(ascii: ":")),
            authority.lastIndex(of: UInt8(ascii: "]")).map({ $0 < colon }) ?? true {
            let digits = String(validating: authority[(colon + 1)...], as: UTF8.self) ?? ""
            guard let number = digits.decimal, (1...65_535).contains(number) else { return nil }
            port = number
            host = authority[..<colon]
        }
        guard let first = host.first, let last = host.last else { return nil }
        let isBracketed = first == UInt8(ascii: "[") && last == UInt8(ascii: "]") && host.count > 3
        let name = isBracketed ? host.dropFirst().dropLast() : host
        let isValid = name.allSatisfy { byte in
            byte.isASCIILetter || byte.isASCIIDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                || (byte == UInt8(ascii: "_") && !isBracketed) || (byte == UInt8(ascii: ":") && isBracketed)
        }
        return isValid ? (lowercased(host), port) : nil
    }

    /// Of bytes that are known to be ASCII.
    private static func lowercased(_ bytes: ArraySlice<UInt8>) -> String {
        String(validating: bytes.map(\.asciiLowercased), as: UTF8.self) ?? ""
    }
}
