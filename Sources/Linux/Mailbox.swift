/// Messages from any thread to the one that drains.
///
/// The owner watches `rawDescriptor` for `readable` in its epoll and calls `drain`. Messages keep the
/// order in which each sender posted them. Unbounded: senders limit what they have outstanding.
package final class Mailbox<Message: Sendable>: Sendable {
    private let queue = Lock<[Message]>([])
    private let alarm: Alarm

    package init() throws(Errno) {
        alarm = try Alarm()
    }

    /// Watch this for `readable`.
    package var rawDescriptor: Int32 { alarm.rawDescriptor }

    /// Leaves a message. Any thread, never blocks.
    package func post(_ message: Message) {
        let wasEmpty = queue.withLock { messages in
            messages.append(message)
            return messages.count == 1
        }
        // One signal per batch: the owner has not looked yet if something was already waiting.
        if wasEmpty { alarm.ringSoon() }
    }

    /// Wakes the owner without a message.
    package func nudge() {
        alarm.ring()
    }

    /// Takes everything that is waiting into `messages`, whose storage is reused for what comes next.
    ///
    /// Owner only.
    package func drain(into messages: inout [Message]) {
        alarm.silence()
        messages.removeAll(keepingCapacity: true)
        exchange(&messages)
    }

    /// Takes everything that is waiting. Owner only.
    package func drain() -> [Message] {
        var messages: [Message] = []
        drain(into: &messages)
        return messages
    }

    private func exchange(_ messages: inout [Message]) {
        let empty = messages
        messages = queue.withLock { waiting in
            let taken = waiting
            waiting = empty
            return taken
        }
    }
}
