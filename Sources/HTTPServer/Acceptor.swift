import Glibc
import Linux

/// The listener of a loop, and what to do when there is no descriptor left for what it offers.
///
/// A level-triggered epoll would report a connection that nobody can take for ever, and the loop would
/// spin. So one descriptor is held in reserve: it is given up to take the connection, say 503, and close.
struct Acceptor: ~Copyable {
    /// What to do with the queue.
    enum Next: ~Copyable {
        case serve(FileDescriptor, peer: String)
        /// Say 503 and close, for that reason.
        case turnAway(FileDescriptor, reason: String)
        /// The queue is empty.
        case rest
        /// Look again.
        case again
        /// Nothing helps: leave the listener alone for a while.
        case pause
    }

    let listener: Listener
    /// While the listener is not watched: until when.
    var pausedUntil: Int64?
    private var spare: FileDescriptor?

    init(_ listener: consuming Listener) {
        self.listener = listener
        spare = Self.openSpare()
    }

    mutating func next() -> Next {
        if spare == nil { spare = Self.openSpare() }
        switch listener.accept() {
        case .connection(let descriptor, let peer): return .serve(descriptor, peer: peer)
        case .nothing: return .rest
        case .vanished: return .again
        case .exhausted: return .pause
        case .outOfDescriptors: break
        }
        guard spare != nil else { return .pause }
        spare = nil
        switch listener.accept() {
        case .connection(let descriptor, _): return .turnAway(descriptor, reason: "out_of_descriptors")
        case .nothing: return .rest
        case .vanished: return .again
        case .exhausted: return .pause
        case .outOfDescriptors: return .pause
        }
    }

    private static func openSpare() -> FileDescriptor? {
        let number = open("/dev/null", O_RDONLY | O_CLOEXEC)
        return number >= 0 ? FileDescriptor(owning: number) : nil
    }
}
