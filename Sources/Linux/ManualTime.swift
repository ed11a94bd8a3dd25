/// A clock that only moves when told, for tests.
package final class ManualTime: TimeSource {
    private let now: Lock<(monotonic: Int64, wall: Int64)>

    /// - Parameter wallMilliseconds: Unix time at the start; the monotonic clock starts at zero.
    package init(wallMilliseconds: Int64 = 1_750_000_000_000) {
        now = Lock((monotonic: 0, wall: wallMilliseconds))
    }

    package var monotonicMilliseconds: Int64 { now.withLock { $0.monotonic } }
    package var wallMilliseconds: Int64 { now.withLock { $0.wall } }

    /// Moves both clocks forward.
    package func advance(milliseconds: Int64) {
        precondition(milliseconds >= 0, "monotonic time does not go back")
        now.withLock {
            $0.monotonic += milliseconds
            $0.wall += milliseconds
        }
    }

    /// Sets the wall clock alone, as an administrator or NTP would.
    package func setWall(milliseconds: Int64) {
        now.withLock { $0.wall = milliseconds }
    }
}
