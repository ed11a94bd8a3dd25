import CLinux
import Glibc
import Linux

/// A listening TCP socket: of one loop, or a loop's share in one that the service manager holds.
struct Listener: ~Copyable {
    /// What came out of the queue of finished handshakes.
    enum Accepted: ~Copyable {
        case connection(FileDescriptor, peer: String)
        /// The queue is empty.
        case nothing
        /// That one connection went away meanwhile: try the next.
        case vanished
        /// The process or the machine has no descriptor left.
        case outOfDescriptors
        /// The kernel is short of memory: leave the listener alone for a while.
        case exhausted
    }

    private let descriptor: FileDescriptor

    var rawDescriptor: Int32 { descriptor.rawValue }
    /// The port it is bound to.
    let port: Int
    /// What to watch it for: of several loops that share a socket, one is woken.
    let events: Epoll.Events

    /// Binds and listens. SO_REUSEPORT lets every loop have a listener of its own, and the kernel
    /// spread the connections over them.
    init(host: String, port: Int, backlog: Int32) throws(Errno) {
        let descriptor = try Listener.bound(host: host, port: port, options: [SO_REUSEADDR, SO_REUSEPORT])
        let number = descriptor.rawValue
        guard listen(number, backlog) == 0 else { throw .last("listen") }
        self.port = try Listener.boundPort(of: number)
        self.descriptor = descriptor
        events = .readable
    }

    /// A share in a socket that listens already: a duplicate, so that the queue outlives this process.
    init(sharing number: Int32) throws(Errno) {
        let duplicate = clinux_duplicate(number)
        guard duplicate >= 0 else { throw .last("fcntl") }
        let share = FileDescriptor(owning: duplicate)
        // Two loops may be woken for one connection: the second must not block in accept.
        guard clinux_make_nonblocking(duplicate) == 0 else { throw .last("fcntl") }
        port = try Listener.boundPort(of: duplicate)
        descriptor = share
        events = [.readable, .exclusive]
    }

    private static func boundPort(of number: Int32) throws(Errno) -> Int {
        var bound = SocketAddress()
        guard bound.fill({ getsockname(number, $0, $1) }) == 0 else { throw .last("getsockname") }
        return bound.port
    }

    /// Makes sure that the port is nobody's: with SO_REUSEPORT alone, a second server of the same user would get half of the
    /// connections of the first, and neither would know.
    static func check(host: String, port: Int) throws(Errno) {
        _ = try bound(host: host, port: port, options: [SO_REUSEADDR])
    }

    private static func bound(host: String, port: Int, options: [Int32]) throws(Errno) -> FileDescriptor {
        var address = try SocketAddress(host: host, port: port)
        let flags = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let number = socket(address.family, Int32(flags), 0)
        guard number >= 0 else { throw .last("socket") }
        let descriptor = FileDescriptor(owning: number)
        for option in options {
            var one: Int32 = 1
            guard setsockopt(number, SOL_SOCKET, option, &one, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
                throw .last("setsockopt")
            }
        }
        guard address.withPointer({ bind(number, $0, $1) }) == 0 else { throw .last("bind") }
        return descriptor
    }

    /// Takes the next connection, non-blocking and closed on exec.
    func accept() -> Accepted {
        var address = SocketAddress()
        let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let number = address.fill { accept4(descriptor.rawValue, $0, $1, flags) }
        if number >= 0 { return .connection(FileDescriptor(owning: number), peer: address.host) }
        switch errno {
        case EAGAIN: return .nothing
        case EMFILE, ENFILE: return .outOfDescriptors
        case ENOBUFS, ENOMEM: return .exhausted
        default: return .vanished  // accept(2): network errors of that connection are reported here.
        }
    }
}
