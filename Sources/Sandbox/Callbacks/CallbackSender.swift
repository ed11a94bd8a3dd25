import Glibc
package import Linux

/// Makes the calls of the simulated providers, one after the other in the order they were posted, on a thread of its own.
///
/// A call that gets no 2xx answer is tried once more on a fresh connection and then counted as failed: real providers
/// go on for hours, which no test wants to wait for.
package final class CallbackSender: Sendable {
    package struct Counters: Sendable, Equatable {
        package var delivered = 0
        package var failed = 0
    }

    private enum Order: Sendable {
        case call(ProviderCallback)
        case notify(@Sendable () -> Void)
        case stop
    }

    private let mailbox: Mailbox<Order>
    private let counts = Lock(Counters())
    private let thread = Lock<Thread?>(nil)
    private let address: String?

    /// - Parameter address: host and port where all calls go, nil to go by their URLs.
    package init(address: String?) throws(Errno) {
        mailbox = try Mailbox()
        self.address = address
        let started = try Thread.start(named: "callbacks") { [self] in run() }
        thread.withLock { $0 = started }
    }

    package func post(_ callback: ProviderCallback) { mailbox.post(.call(callback)) }

    package var counters: Counters { counts.withLock { $0 } }

    /// Waits until everything posted so far has been delivered or given up.
    package func settle() async {
        await withUnsafeContinuation { continuation in
            mailbox.post(.notify { continuation.resume() })
        }
    }

    /// Ends the thread after what was posted so far. Blocks until then.
    package func stop() {
        mailbox.post(.stop)
        let running = thread.withLock { thread -> Thread? in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    private func run() {
        let client = LoopbackClient()
        while true {
            var wait = pollfd(fd: mailbox.rawDescriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&wait, 1, -1)
            for order in mailbox.drain() {
                switch order {
                case .call(let callback):
                    let isDelivered = deliver(callback, with: client)
                    counts.withLock { isDelivered ? ($0.delivered += 1) : ($0.failed += 1) }
                case .notify(let body): body()
                case .stop: return
                }
            }
        }
    }

    private func deliver(_ callback: ProviderCallback, with client: LoopbackClient) -> Bool {
        for _ in 0..<2 {
            if let status = client.send(callback, to: address), (200...299).contains(status) { return true }
        }
        return false
    }
}
