import Glibc
import Linux
import Testing

@Suite struct WakeUpsTests {
    private func isAwake(_ mailbox: Mailbox<Int>) -> Bool {
        var look = pollfd(fd: mailbox.rawDescriptor, events: Int16(POLLIN), revents: 0)
        return poll(&look, 1, 0) == 1
    }

    @Test func `wake up when the gathering ends, and find everything`() throws {
        let first = try Mailbox<Int>()
        let second = try Mailbox<Int>()
        let wakeUps = WakeUps()
        wakeUps.gather {
            for number in 0..<3 { first.post(number) }
            second.post(7)
            #expect(!isAwake(first) && !isAwake(second))
        }
        #expect(isAwake(first) && isAwake(second))
        #expect(first.drain() == [0, 1, 2] && second.drain() == [7])
        first.post(3)
        #expect(isAwake(first))
    }

    @Test func `a flush wakes those who wait already`() throws {
        let mailbox = try Mailbox<Int>()
        WakeUps().gather {
            mailbox.post(1)
            WakeUps.flush()
            #expect(isAwake(mailbox))
        }
    }

    @Test func `a gathering that fails wakes too, and an inner one leaves the outer one open`() throws {
        struct Failed: Error {}
        let mailbox = try Mailbox<Int>()
        let other = try Mailbox<Int>()
        WakeUps().gather {
            other.post(1)
            #expect(throws: Failed.self) {
                try WakeUps().gather {
                    mailbox.post(1)
                    throw Failed()
                }
            }
            #expect(isAwake(mailbox) && !isAwake(other))
        }
        #expect(isAwake(other))
    }

    @Test func `a mailbox may go before the gathering ends`() throws {
        let wakeUps = WakeUps()
        try wakeUps.gather {
            let mailbox = try Mailbox<Int>()
            mailbox.post(1)
        }
    }
}
