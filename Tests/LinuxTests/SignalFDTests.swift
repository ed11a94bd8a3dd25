import Glibc
import Linux
import Testing

@Suite struct SignalFDTests {
    @Test func `delivers a signal sent to its thread`() throws {
        let seen = Lock<[Int32]>([])
        let thread = try Thread.start(named: "signals") {
            guard let signals = try? SignalFD([SIGUSR1, SIGUSR2]) else { return }
            guard signals.next() == nil else { return }
            pthread_kill(pthread_self(), SIGUSR2)
            guard let first = try? signals.wait() else { return }
            seen.withLock { $0.append(first) }
        }
        thread.join()
        #expect(seen.withLock { $0 } == [SIGUSR2])
    }
}
