import Core
package import HTTPServer

/// Who a request comes from, when proxies stand between.
package enum ClientAddress {
    /// The peer, unless it is a trusted proxy: then what the nearest proxies wrote into `X-Forwarded-For`, from the right, up to the
    /// first address that is not one of them. What stands further left is the sender's own word and is not looked at.
    ///
    /// - Returns: nil for a peer without an address.
    package static func of(_ request: Request, trusting proxies: [IPNetwork]) -> IPAddress? {
        guard var address = IPAddress(request.peer) else { return nil }
        guard !proxies.isEmpty, proxies.contains(where: { $0.contains(address) }) else { return address }
        let hops = request.headers.all("x-forwarded-for").flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        for hop in hops.reversed() {
            // A hop that cannot be read was written by the last proxy all the same: the trail ends there.
            guard let next = read(hop) else { break }
            address = next
            guard proxies.contains(where: { $0.contains(next) }) else { break }
        }
        return address
    }

    /// `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1` or `[2001:db8::1]:443`.
    private static func read(_ hop: Substring) -> IPAddress? {
        let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let bytes = Array(hop.utf8.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
        let colon = UInt8(ascii: ":")
        var digits = bytes[...]
        if bytes.first == UInt8(ascii: "[") {
            digits = bytes.dropFirst().prefix { $0 != UInt8(ascii: "]") }
        } else if bytes.count(where: { $0 == colon }) == 1 {
            digits = bytes.prefix { $0 != colon }
        }
        return String(validating: digits, as: UTF8.self).flatMap(IPAddress.init)
    }
}
