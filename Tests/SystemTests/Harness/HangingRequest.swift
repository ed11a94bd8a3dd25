import Glibc
import Linux

/// A request whose body never ends: its handler waits.
final class HangingRequest {
    private var number: Int32

    init(port: Int) throws {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
        let head = Array("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nGET".utf8)
        guard isConnected, send(number, head, head.count, Int32(MSG_NOSIGNAL)) == head.count else { throw Errno.last("connect") }
    }

    func close() {
        if number >= 0 { Glibc.close(number) }
        number = -1
    }

    deinit { close() }
}
