import Core
import Storage

/// When an account's pace has to be written down: at once when the provider asked for a longer wait, else once a second at most.
struct PaceMemory {
    private struct Mark: Equatable {
        var perSecond: Double?
        /// On the next full second: what many answers ask for within one is written once.
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
        guard let due = due(mark), due <= clock.monotonic else { return nil }
        written = mark
        writtenAt = clock.monotonic
        let left = mark.blockedUntil - clock.monotonic
        return SavedPace(perSecond: mark.perSecond, blockedUntil: left > 0 ? clock.wall + .milliseconds(left) : nil)
    }

    /// When `news` has something, in monotonic milliseconds.
    func deadline(of pace: AccountPace) -> Int64? { due(PaceMemory.mark(pace)) }

    private func due(_ mark: Mark) -> Int64? {
        if mark == written { return nil }
        // What could not be written is no news: a full disk is not asked at every turn.
        if let written, mark.blockedUntil > written.blockedUntil { return writtenAt }
        return writtenAt + PaceMemory.interval
    }

    /// It could not be written.
    mutating func forget() { written = nil }

    private static func mark(_ pace: AccountPace) -> Mark {
        let adaptive = pace.adaptive
        return Mark(perSecond: adaptive.current == adaptive.ceiling ? nil : adaptive.current,
                    blockedUntil: (adaptive.blockedUntil + 999) / 1_000 * 1_000)
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
