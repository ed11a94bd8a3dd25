import Linux
import Testing

@Suite struct MailboxTests {
    @Test func `delivers every message of every thread, each sender's in order`() throws {
        let mailbox = try Mailbox<(sender: Int, number: Int)>()
        let epoll = try Epoll()
        try epoll.add(mailbox.rawDescriptor, .readable, token: 1)
        let (senders, each) = (4, 500)
        let threads = try (0..<senders).map { sender in
            try Thread.start(named: "sender-\(sender)") {
                for number in 0..<each { mailbox.post((sender, number)) }
            }
        }
        var next = [Int](repeating: 0, count: senders)
        var batch = Epoll.Batch(capacity: 4)
        var messages: [(sender: Int, number: Int)] = []
        while next.reduce(0, +) < senders * each {
            try epoll.wait(&batch, timeoutMilliseconds: 10_000)
            try #require(batch.count == 1, "no wake-up although messages are missing")
            mailbox.drain(into: &messages)
            for message in messages {
                #expect(message.number == next[message.sender])
                next[message.sender] += 1
            }
        }
        threads.forEach { $0.join() }
        try epoll.wait(&batch, timeoutMilliseconds: 0)
        #expect(mailbox.drain().isEmpty)
    }

    @Test func `a nudge wakes without a message`() throws {
        let mailbox = try Mailbox<Int>()
        let epoll = try Epoll()
        try epoll.add(mailbox.rawDescriptor, .readable, token: 1)
        mailbox.nudge()
        var batch = Epoll.Batch(capacity: 1)
        try epoll.wait(&batch, timeoutMilliseconds: 10_000)
        #expect(batch.count == 1)
        #expect(mailbox.drain().isEmpty)
    }
}
