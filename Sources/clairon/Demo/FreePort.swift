import Glibc
import Linux

/// Finds a port for a server whose number others must know before it starts.
enum FreePort {
    /// A loopback port that was free a moment ago.
    static func find() throws(Errno) -> Int {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard number >= 0 else { throw .last("socket") }
        let listener = FileDescriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failure: Int32 = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener.rawValue, $0, length) == 0 ? getsockname(listener.rawValue, $0, &length) : -1
            }
        }
        guard failure == 0 else { throw .last("bind") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
