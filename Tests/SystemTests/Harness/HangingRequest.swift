import Glibc
import Linux

/// A request whose body never ends: its handler waits.
final class HangingRequest {
    private var number: Int32

    /// - Parameter request: the head, and the beginning of a body that is longer than that.
    init(port: Int, _ request: String = "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nGET") throws {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
        let bytes = Array(request.utf8)
        guard isConnected, send(number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { throw Errno.last("connect") }
    }

    func close() {
        if number >= 0 { Glibc.close(number) }
        number = -1
    }

    deinit { close() }
}
