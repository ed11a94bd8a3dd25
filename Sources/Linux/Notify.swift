import CLinux
import Glibc

/// Messages to the service manager (sd_notify(3)): a datagram to the socket named by `NOTIFY_SOCKET`.
package struct Notify: Sendable {
    package enum State: String, Sendable {
        case ready = "READY=1"
        case reloading = "RELOADING=1"
        case stopping = "STOPPING=1"
        case watchdog = "WATCHDOG=1"
    }

    private let path: [UInt8]

    /// - Parameter path: value of `NOTIFY_SOCKET`: an absolute path, or `@name` for an abstract socket.
    ///   nil or empty means that nobody asked, and sending does nothing.
    package init(path: String?) {
        self.path = Array((path ?? "").utf8)
    }

    /// The socket that the environment names, if any.
    package static func fromEnvironment() -> Notify {
        Notify(path: getenv("NOTIFY_SOCKET").map { String(cString: $0) })
    }

    /// Sends a state, with an optional line for `systemctl status`.
    ///
    /// - Returns: false if no service manager listens.
    /// - Throws: when the socket cannot be reached; the service can go on without it.
    @discardableResult
    package func send(_ state: State, status: String? = nil) throws(Errno) -> Bool {
        guard !path.isEmpty else { return false }
        var message = Array(state.rawValue.utf8)
        if let status {
            message += Array("\nSTATUS=".utf8)
            message += status.utf8.map { $0 == 0x0A ? 0x20 : $0 }
        }
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .last("socket") }
        let descriptor = FileDescriptor(owning: number)
        var address = sockaddr_un()
        let length = try fill(&address)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor.rawValue, message, message.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
        guard sent == message.count else { throw .last("sendto") }
        return true
    }

    /// - Returns: the length to give the kernel: an abstract name ends there, not at a NUL (unix(7)).
    private func fill(_ address: inout sockaddr_un) throws(Errno) -> socklen_t {
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard let first = path.first, first == 0x2F || first == 0x40, path.count < room else {
            throw Errno(call: "NOTIFY_SOCKET", code: EINVAL)
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let isAbstract = first == 0x40
        if isAbstract { withUnsafeMutableBytes(of: &address.sun_path) { $0[0] = 0 } }
        let header = MemoryLayout<sa_family_t>.size
        return socklen_t(header + path.count + (isAbstract ? 0 : 1))
    }
}
