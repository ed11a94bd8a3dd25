import Glibc
import Linux

/// The service manager's end of sd_notify(3).
final class NotifyListener {
    let path: String
    private let socket: FileDescriptor

    init(path: String) throws {
        self.path = path
        let number = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
        guard number >= 0 else { throw Errno.last("socket") }
        socket = FileDescriptor(owning: number)
        try NotifyListener.bind(number, to: path)
    }

    private static func bind(_ number: Int32, to path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isBound else { throw Errno.last("bind") }
    }

    /// Whether a message comes within that time.
    func hears(milliseconds: Int32) -> Bool { Poll.readable(socket.rawValue, milliseconds: milliseconds) }

    /// The next message, within 20 seconds.
    func next() throws -> String {
        guard Poll.readable(socket.rawValue, milliseconds: 20_000) else { throw Poll.TooLate(description: "no word to the service manager") }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = recv(socket.rawValue, &bytes, bytes.count, 0)
        guard count > 0 else { throw Errno.last("recv") }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
