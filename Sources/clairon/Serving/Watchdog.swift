import Core
import Dispatch
import Glibc
import Linux

/// Pings systemd only while the server proves that it works: every event loop turns and both writers commit. A stuck fsync or
/// a handler that blocks its loop therefore restarts the service.
final class Watchdog: Sendable {
    /// Who has to answer, each once: calls the closure from wherever it works, and returns how many calls there will be.
    typealias Proof = @Sendable (@escaping @Sendable () -> Void) -> Int

    private let stopping = Lock(false)

    /// How long a proof may take.
    private static let patience = 5_000

    /// Starts the thread when systemd asked this process for pings (`WATCHDOG_USEC`, `WATCHDOG_PID`).
    static func start(proof: @escaping Proof) throws -> Watchdog {
        let watchdog = Watchdog()
        guard let text = getenv("WATCHDOG_USEC").map({ String(cString: $0) }), let micros = text.decimal, micros > 0 else {
            return watchdog
        }
        if let owner = getenv("WATCHDOG_PID").map({ String(cString: $0) }), owner != "\(getpid())" { return watchdog }
        let notify = Notify.fromEnvironment()
        let interval = useconds_t(min(micros / 3, 10_000_000))
        _ = try Thread.start(named: "watchdog") { [stopping = watchdog.stopping] in
            while !stopping.withLock({ $0 }) {
                if Watchdog.isProven(by: proof, withinMilliseconds: patience) { _ = try? notify.send(.watchdog) }
                usleep(interval)
            }
        }
        return watchdog
    }

    func stop() { stopping.withLock { $0 = true } }

    /// Asks everybody at once, and waits for all. Blocks.
    static func isProven(by proof: Proof, withinMilliseconds limit: Int) -> Bool {
        let answered = DispatchSemaphore(value: 0)
        let deadline = DispatchTime.now() + .milliseconds(limit)
        let expected = proof { answered.signal() }
        return (0..<expected).allSatisfy { _ in answered.wait(timeout: deadline) == .success }
    }
}
