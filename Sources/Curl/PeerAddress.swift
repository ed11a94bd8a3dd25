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

    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
}
