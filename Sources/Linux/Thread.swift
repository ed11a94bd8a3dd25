import CLinux
import Glibc
import Synchronization

/// A named POSIX thread.
///
/// Join it at most once, from another thread. One that nobody holds any more runs on, and gives its stack back by itself.
package final class Thread: Sendable {
    private let handle: pthread_t
    private let isJoined = Atomic(false)

    private init(handle: pthread_t) { self.handle = handle }

    deinit {
        if !isJoined.load(ordering: .relaxed) { pthread_detach(handle) }
    }

    /// Starts a thread that runs `body` and ends.
    ///
    /// - Parameters:
    ///   - name: shown by `top -H` and gdb; the kernel keeps the first 15 bytes.
    ///   - isBulk: it sends campaigns: where there are not enough cores for all it leaves them to other threads.
    @discardableResult
    package static func start(named name: String, isBulk: Bool = false, _ body: @escaping @Sendable () -> Void) throws(Errno) -> Thread {
        let box = Unmanaged.passRetained(ThreadBody(name: name, isBulk: isBulk, run: body))
        var handle = pthread_t()
        let failure = pthread_create(&handle, nil, { context in
            guard let context else { return nil }
            let body = Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue()
            Thread.nameCurrent(body.name)
            if body.isBulk { Thread.stepBack() }
            body.run()
            return nil
        }, box.toOpaque())
        guard failure == 0 else {
            box.release()
            throw Errno(call: "pthread_create", code: failure)
        }
        return Thread(handle: handle)
    }

    /// Waits until the thread has ended.
    package func join() {
        WakeUps.flush()
        let isFirst = !isJoined.exchange(true, ordering: .relaxed)
        precondition(isFirst && pthread_join(handle, nil) == 0, "a thread is joined once, and not by itself")
    }

    /// Whether the caller runs on this thread.
    package var isCurrent: Bool { pthread_equal(handle, pthread_self()) != 0 }

    /// Niceness 5; as a batch worker with the longest slice there is, it interrupts none of its kind, so that work comes in large batches, and
    /// every other thread interrupts it (sched_setattr(2), sched(7)). A kernel that refuses leaves it as it is.
    private static func stepBack() { _ = clinux_step_back(5, 100_000_000) }

    private static func nameCurrent(_ name: String) {
        var bytes = name.utf8.prefix(15).map { CChar(bitPattern: $0) }
        bytes.append(0)
        _ = pthread_setname_np(pthread_self(), bytes)
    }
}

private final class ThreadBody: Sendable {
    let name: String
    let isBulk: Bool
    let run: @Sendable () -> Void

    init(name: String, isBulk: Bool, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.isBulk = isBulk
        self.run = run
    }
}
