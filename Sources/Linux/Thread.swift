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

    /// The niceness of threads that send campaigns: requests come before them.
    package static let bulkNiceness: Int32 = 5

    /// Starts a thread that runs `body` and ends.
    ///
    /// - Parameters:
    ///   - name: shown by `top -H` and gdb; the kernel keeps the first 15 bytes.
    ///   - niceness: above zero it leaves the core to other threads where there are not enough for all (setpriority(2), which on Linux
    ///     is a thread's).
    @discardableResult
    package static func start(named name: String, niceness: Int32 = 0, _ body: @escaping @Sendable () -> Void) throws(Errno) -> Thread {
        let box = Unmanaged.passRetained(ThreadBody(name: name, niceness: niceness, run: body))
        var handle = pthread_t()
        let failure = pthread_create(&handle, nil, { context in
            guard let context else { return nil }
            let body = Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue()
            Thread.nameCurrent(body.name)
            if body.niceness > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, body.niceness) }
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

    private static func nameCurrent(_ name: String) {
        var bytes = name.utf8.prefix(15).map { CChar(bitPattern: $0) }
        bytes.append(0)
        _ = pthread_setname_np(pthread_self(), bytes)
    }
}

private final class ThreadBody: Sendable {
    let name: String
    let niceness: Int32
    let run: @Sendable () -> Void

    init(name: String, niceness: Int32, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.niceness = niceness
        self.run = run
    }
}
