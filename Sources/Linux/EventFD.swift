import CLinux
import Glibc

/// A counter in the kernel that makes a descriptor readable: the way to wake an epoll from another thread.
package struct EventFD: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    /// Watch this for `readable`.
    package var rawDescriptor: Int32 { descriptor.rawValue }

    package init() throws(Errno) {
        let number = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard number >= 0 else { throw .last("eventfd") }
        descriptor = FileDescriptor(owning: number)
    }

    /// Makes the descriptor readable. Any thread, never blocks, async-signal-safe.
    package func signal() {
        var one: UInt64 = 1
        // EAGAIN means that the counter is full, so the descriptor is readable already.
        while write(descriptor.rawValue, &one, 8) < 0 && errno == EINTR {}
    }

    /// Takes the count back to zero; false if nobody signalled.
    @discardableResult
    package func drain() -> Bool {
        var count: UInt64 = 0
        var got = read(descriptor.rawValue, &count, 8)
        while got < 0 && errno == EINTR { got = read(descriptor.rawValue, &count, 8) }
        return got == 8
    }
}
