import Glibc
import Linux

/// The thread on which the demonstration blocks: neither the server's tasks nor its loops wait for it.
final class DemoThread: SerialExecutor {
    private let mailbox: Mailbox<UnownedJob?>

    init() throws(Errno) {
        mailbox = try Mailbox()
        try Thread.start(named: "demo") { [self] in run() }
    }

    func enqueue(_ job: consuming ExecutorJob) { mailbox.post(UnownedJob(job)) }

    /// Ends the thread after what waits.
    func stop() { mailbox.post(nil) }

    private func run() {
        while true {
            var entry = pollfd(fd: mailbox.rawDescriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&entry, 1, -1)
            for job in mailbox.drain() {
                guard let job else { return }
                job.runSynchronously(on: asUnownedSerialExecutor())
            }
        }
    }
}
