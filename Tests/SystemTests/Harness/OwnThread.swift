import Linux
import Testing

/// Runs tests on a thread that may block, so that waiting for processes holds up nobody's tasks.
struct OwnThreadTrait: TestTrait, SuiteTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        let thread = try BlockingThread()
        defer { thread.stop() }
        try await withTaskExecutorPreference(thread) { try await function() }
    }
}

extension Trait where Self == OwnThreadTrait {
    static var onAThreadOfItsOwn: Self { Self() }
}

private final class BlockingThread: TaskExecutor {
    private let jobs: Mailbox<UnownedJob?>

    init() throws(Errno) {
        jobs = try Mailbox()
        try Thread.start(named: "system-test") { [self] in run() }
    }

    func enqueue(_ job: consuming ExecutorJob) { jobs.post(UnownedJob(job)) }

    /// Ends the thread after what waits.
    func stop() { jobs.post(nil) }

    private func run() {
        while true {
            Poll.readable(jobs.rawDescriptor, milliseconds: -1)
            for job in jobs.drain() {
                guard let job else { return }
                job.runSynchronously(on: asUnownedTaskExecutor())
            }
        }
    }
}
