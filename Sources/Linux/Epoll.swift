import CLinux
import Glibc

/// An epoll instance, level-triggered.
///
/// `add`, `modify` and `remove` may come from any thread, `wait` from the owner alone.
package struct Epoll: ~Copyable, Sendable {
    /// What to wait for, and what came. `error` and `hangUp` are always reported.
    package struct Events: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let readable = Events(rawValue: 0x001)
        package static let writable = Events(rawValue: 0x004)
        package static let error = Events(rawValue: 0x008)
        package static let hangUp = Events(rawValue: 0x010)
        /// The peer has shut down its writing half (EPOLLRDHUP).
        package static let readHangUp = Events(rawValue: 0x2000)
        /// Wake one waiter, not all, for a descriptor shared by several instances (EPOLLEXCLUSIVE).
        package static let exclusive = Events(rawValue: 1 << 28)

        // Plain functions, since the set algebra is not specialised outside this module.

        /// What to watch for on a socket.
        package static func interest(reads: Bool, writes: Bool) -> Events {
            Events(rawValue: (reads ? 0x001 : 0) | (writes ? 0x004 : 0))
        }

        package var isReadable: Bool { rawValue & 0x001 != 0 }
        package var isWritable: Bool { rawValue & 0x004 != 0 }
        /// Reset, or closed in both directions.
        package var isBroken: Bool { rawValue & 0x018 != 0 }
    }

    /// Room for the events of one `wait`, reused from call to call.
    package struct Batch: ~Copyable {
        fileprivate let storage: UnsafeMutableBufferPointer<epoll_event>
        /// Number of events the last `wait` delivered.
        package fileprivate(set) var count = 0

        package init(capacity: Int) {
            storage = .allocate(capacity: max(1, capacity))
            storage.initialize(repeating: epoll_event())
        }

        deinit { storage.deallocate() }

        /// The token given to `add`, and what happened.
        package subscript(index: Int) -> (token: UInt64, events: Events) {
            precondition(index >= 0 && index < count, "no such event")
            let event = storage[index]
            return (event.data.u64, Events(rawValue: event.events))
        }
    }

    private let descriptor: FileDescriptor

    /// The epoll descriptor itself, which can be waited for in another epoll.
    package var rawDescriptor: Int32 { descriptor.rawValue }

    package init() throws(Errno) {
        let number = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard number >= 0 else { throw .last("epoll_create1") }
        descriptor = FileDescriptor(owning: number)
    }

    /// Starts watching `number`; `token` comes back with every event.
    package func add(_ number: Int32, _ events: Events, token: UInt64) throws(Errno) {
        try control(EPOLL_CTL_ADD, number, events, token)
    }

    /// Replaces what is watched and the token.
    package func modify(_ number: Int32, _ events: Events, token: UInt64) throws(Errno) {
        try control(EPOLL_CTL_MOD, number, events, token)
    }

    /// Stops watching. A descriptor that was never added is not an error: closing removes it too.
    package func remove(_ number: Int32) {
        _ = epoll_ctl(descriptor.rawValue, EPOLL_CTL_DEL, number, nil)
    }

    /// Waits for events; an empty batch means that the time ran out or a signal came.
    ///
    /// - Parameter timeoutMilliseconds: −1 waits for ever, 0 only looks.
    package func wait(_ batch: inout Batch, timeoutMilliseconds: Int32) throws(Errno) {
        batch.count = 0
        let found = epoll_wait(
            descriptor.rawValue, batch.storage.baseAddress, Int32(batch.storage.count), timeoutMilliseconds)
        if found >= 0 {
            batch.count = Int(found)
            return
        }
        let error = Errno.last("epoll_wait")
        if error.code != EINTR { throw error }
    }

    private func control(
        _ operation: Int32, _ number: Int32, _ events: Events, _ token: UInt64
    ) throws(Errno) {
        var event = epoll_event(events: events.rawValue, data: epoll_data_t(u64: token))
        guard epoll_ctl(descriptor.rawValue, operation, number, &event) == 0 else { throw .last("epoll_ctl") }
    }
}
