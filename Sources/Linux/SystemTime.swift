import Glibc

/// The machine's clocks.
package struct SystemTime: TimeSource {
    package init() {}

    package var monotonicMilliseconds: Int64 { Self.milliseconds(CLOCK_MONOTONIC) }
    package var wallMilliseconds: Int64 { Self.milliseconds(CLOCK_REALTIME) }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        let failure = clock_gettime(clock, &time)
        precondition(failure == 0, "both clocks exist on every Linux")
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
