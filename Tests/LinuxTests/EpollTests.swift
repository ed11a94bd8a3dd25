import Glibc
import Linux
import Testing

@Suite struct EpollTests {
    @Test func `an eventfd signalled from another thread wakes the wait and carries its token`() throws {
        let epoll = try Epoll()
        let event = try EventFD()
        try epoll.add(event.rawDescriptor, .readable, token: 42)
        let number = event.rawDescriptor
        let thread = try Thread.start(named: "signaller") {
            var one: UInt64 = 1
            _ = write(number, &one, 8)
        }
        var batch = Epoll.Batch(capacity: 8)
        try epoll.wait(&batch, timeoutMilliseconds: 10_000)
        thread.join()
        #expect(batch.count == 1)
        #expect(batch[0].token == 42)
        #expect(batch[0].events.contains(.readable))
        let drained = event.drain()
        #expect(drained)
        try epoll.wait(&batch, timeoutMilliseconds: 0)
        #expect(batch.count == 0)
    }

    @Test func `a peer that shuts down its writing half is reported`() throws {
        var pair: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let near = FileDescriptor(owning: pair[0])
        let far = FileDescriptor(owning: pair[1])
        let epoll = try Epoll()
        try epoll.add(near.rawValue, [.readable, .readHangUp], token: 1)
        shutdown(far.rawValue, Int32(SHUT_WR))
        var batch = Epoll.Batch(capacity: 1)
        try epoll.wait(&batch, timeoutMilliseconds: 10_000)
        #expect(batch.count == 1)
        #expect(batch[0].events.contains(.readHangUp))
    }

    @Test func `adding a descriptor that is not open names the call`() throws {
        let epoll = try Epoll()
        let error = #expect(throws: Errno.self) { try epoll.add(99_999, .readable, token: 0) }
        #expect(error == Errno(call: "epoll_ctl", code: EBADF))
        #expect(error?.description == "epoll_ctl: Bad file descriptor (9)")
    }
}
