import Core
import Linux

/// The machine's clocks, with a wall clock that a test sets forward and back, and time that it lets pass.
final class ShiftedTime: TimeSource {
    private let shift = Lock<Int64>(0)
    private let passed = Lock<Int64>(0)

    var monotonicMilliseconds: Int64 { SystemTime().monotonicMilliseconds + passed.withLock { $0 } }
    var wallMilliseconds: Int64 { SystemTime().wallMilliseconds + passed.withLock { $0 } + shift.withLock { $0 } }

    func pass(_ duration: Duration) { passed.withLock { $0 += duration.milliseconds } }

    func shift(by milliseconds: Int64) { shift.withLock { $0 += milliseconds } }
}
