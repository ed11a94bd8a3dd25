import Linux

/// The machine's clocks, with a wall clock that a test sets forward and back.
final class ShiftedTime: TimeSource {
    private let shift = Lock<Int64>(0)

    var monotonicMilliseconds: Int64 { SystemTime().monotonicMilliseconds }
    var wallMilliseconds: Int64 { SystemTime().wallMilliseconds + shift.withLock { $0 } }

    func shift(by milliseconds: Int64) { shift.withLock { $0 += milliseconds } }
}
