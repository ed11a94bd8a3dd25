import Glibc
import Linux

/// Turns Ctrl-C and SIGTERM into the end of a wait while somebody waits; at any other time they end the process. Any thread.
final class InterruptGate: Sendable {
    private let waiter = Lock<CheckedContinuation<Void, Never>?>(nil)

    /// Watches for signals on a thread of its own until the process ends. Call it before any other thread exists
    /// (`SignalFD`).
    ///
    /// - Parameter cleanUp: done before an interrupt ends the process.
    init(cleanUp: @escaping @Sendable () -> Void) throws {
        let signals = try SignalFD([SIGINT, SIGTERM])
        try Thread.start(named: "interrupt") { [self] in
            while (try? signals.wait()) != nil {
                let waiting = waiter.withLock { waiter -> CheckedContinuation<Void, Never>? in
                    defer { waiter = nil }
                    return waiter
                }
                guard let waiting else {
                    cleanUp()
                    _exit(130)
                }
                waiting.resume()
            }
        }
    }

    func wait() async {
        await withCheckedContinuation { continuation in waiter.withLock { $0 = continuation } }
    }
}
