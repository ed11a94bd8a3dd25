import Glibc

/// A thread that runs one task, and the task's alarm: a wait that anyone can cut short. One waiter at a time; a ring while
/// nobody waits ends the next wait at once.
///
/// Not the runtime's own pool: once a second libdispatch counts the workers that run there by opening files of /proc, and traps
/// when there is no descriptor left for that.
package final class TaskThread: TaskExecutor {
    private struct State {
        var isRinging = false
        var isEnding = false
        var waiter: (until: Int64, continuation: CheckedContinuation<Void, Never>)?

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
            defer { waiter = nil }
            return waiter?.continuation
        }
    }

    private let jobs: Mailbox<UnownedJob>
    private let state: Lock<State>

    package init(named name: String) throws(Errno) {
        jobs = try Mailbox<UnownedJob>()
        state = Lock(State())
        _ = try Thread.start(named: name) { self.run() }
    }

    package func enqueue(_ job: consuming ExecutorJob) { jobs.post(UnownedJob(job)) }

    package func ring() {
        let waiter = state.withLock { state in
            state.isRinging = state.waiter == nil
            return state.takeWaiter()
        }
        waiter?.resume()
    }

    /// Only from a task of this thread: its next turn knows when to wake.
    package func wait(atMost milliseconds: Int64) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isRinging { state.waiter = (SystemTime().monotonicMilliseconds + milliseconds, continuation) }
                defer { state.isRinging = false }
                return state.isRinging
            }
            if isOver { continuation.resume() }
        }
    }

    /// Once its tasks are over.
    package func end() {
        state.withLock { $0.isEnding = true }
        jobs.nudge()
    }

    private func run() {
        var ready: [UnownedJob] = []
        while !state.withLock({ $0.isEnding }) {
            var watched = pollfd(fd: jobs.rawDescriptor, events: Int16(POLLIN), revents: 0)
            poll(&watched, 1, patience())
            takeDue()?.resume()
            jobs.drain(into: &ready)
            for job in ready { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    private func patience() -> Int32 {
        guard let until = state.withLock({ $0.waiter?.until }) else { return -1 }
        return Int32(clamping: max(0, until - SystemTime().monotonicMilliseconds))
    }

    private func takeDue() -> CheckedContinuation<Void, Never>? {
        let now = SystemTime().monotonicMilliseconds
        return state.withLock { state in
            guard let until = state.waiter?.until, until <= now else { return nil }
            return state.takeWaiter()
        }
    }
}
