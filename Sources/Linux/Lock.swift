import Glibc

/// A value that one thread at a time may touch.
///
/// Hold it for a few instructions: no system call that blocks, no `await`, no callback inside.
/// The mutex is allocated on the heap because `pthread_mutex_t` must not move, and it is used
/// instead of `Synchronization.Mutex` because Thread Sanitizer cannot see into that one.
package final class Lock<Value>: @unchecked Sendable {  // `value` belongs to whoever holds `mutex`.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    package init(_ value: consuming sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        let failure = pthread_mutex_init(mutex, nil)
        precondition(failure == 0, "a mutex with default attributes can be made")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` with the lock held. Not recursive.
    package func withLock<Result, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
