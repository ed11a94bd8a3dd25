import Glibc
import Linux

/// A loopback socket that takes connections and never answers.
final class MuteServer {
    let port: Int
    private let descriptor: FileDescriptor

    init() throws {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard number >= 0 else { throw Errno.last("socket") }
        descriptor = FileDescriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listens = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, length) == 0 && listen(number, 1_024) == 0 && getsockname(number, $0, &length) == 0
            }
        }
        guard listens else { throw Errno.last("listen") }
        port = Int(UInt16(bigEndian: address.sin_port))
    }
}
