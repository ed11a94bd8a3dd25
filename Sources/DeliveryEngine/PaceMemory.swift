import Core
import Storage

/// When an account's pace has to be written down: soon after it changed, once a second at most.
struct PaceMemory {
    private struct Mark: Equatable {
        var perSecond: Double?
        var blockedUntil: Int64 = 0
    }

    private var written: Mark?
    private var writtenAt: Int64 = .min / 2

    private static let interval: Int64 = 1_000

    /// - Parameter saved: what is in the table; nil when nothing is.
    init(_ saved: SavedPace?) { written = saved == nil ? Mark() : nil }

    /// What to write now.
    mutating func news(of pace: AccountPace, _ clock: SenderClock) -> SavedPace? {
        let mark = PaceMemory.mark(pace)
        guard mark != written, clock.monotonic - writtenAt >= PaceMemory.interval else { return nil }
        written = mark
        writtenAt = clock.monotonic
        let left = mark.blockedUntil - clock.monotonic
        return SavedPace(perSecond: mark.perSecond, blockedUntil: left > 0 ? clock.wall + .milliseconds(left) : nil)
    }

    /// When `news` has something, in monotonic milliseconds.
    func deadline(of pace: AccountPace) -> Int64? {
        PaceMemory.mark(pace) == written ? nil : writtenAt + PaceMemory.interval
    }

    /// It could not be written.
    mutating func forget() { written = nil }

    private static func mark(_ pace: AccountPace) -> Mark {
        let adaptive = pace.adaptive
        return Mark(perSecond: adaptive.current == adaptive.ceiling ? nil : adaptive.current, blockedUntil: adaptive.blockedUntil)
    }
}

extension AccountPace {
    /// The longest `Retry-After` that is taken at its word: what is further off was written by a clock that was ahead.
    private static let longest: Int64 = 3_600_000

    mutating func restore(_ saved: SavedPace, _ clock: SenderClock) {
        let left = saved.blockedUntil.map { min(($0 - clock.wall).milliseconds, AccountPace.longest) } ?? 0
        restore(saved.perSecond, blockedUntil: left > 0 ? clock.monotonic + left : 0)
    }
}
