import DequeModule

/// Holds back what a provider says about addresses until the answers after it have made it believable. A sudden wave of dead
/// addresses rather is a wrong environment, a wrong credential or a provider's bad hour, and giving them up would empty the
/// table. A value; `now` is monotonic milliseconds.
///
/// What is held is in memory only: after a crash the next send finds the dead addresses again.
package struct WaveGuard<Verdict: Sendable>: Sendable {
    package enum Answer: Sendable {
        /// It finds no fault with the address.
        case sound
        /// It does, as a wrong account of ours would make it do for every address; the address is kept anyhow.
        case mismatch
        case dead(Verdict)
    }

    package enum Finding: Sendable {
        /// These can be applied.
        case believed([Verdict])
        /// What was held is forgotten: so many of the last answers find fault with the address.
        case wave(faults: Int, of: Int)
    }

    /// The last answers, oldest first, and the verdicts among them that wait.
    private var window: Deque<(isFault: Bool, verdict: Verdict?)> = []
    private var faults = 0
    /// What came before the window, the recent past counting more.
    private var before = (answers: 0, faults: 0)
    private var held = 0
    private var believedUntil: Int64 = .min

    private static var size: Int { 200 }
    private static var memory: Int { 10_000 }
    /// How long a person's word holds, if the wave does not end earlier.
    private static var belief: Int64 { 3_600_000 }

    package init() {}

    package var isHolding: Bool { held > 0 }

    package mutating func add(_ answer: Answer, now: Int64) -> Finding {
        let left = push(answer)
        let isBelieved = now < believedUntil
        if isBelieved {
            if window.count == WaveGuard.size, faults * 4 < window.count { believedUntil = .min }
            return .believed(left + release())
        }
        guard isWave else { return .believed(left) }
        let finding = Finding.wave(faults: faults, of: window.count)
        window = []
        (faults, held) = (0, 0)
        return finding
    }

    /// No further answers are coming: what is held is as believable as it will ever be.
    package mutating func settle() -> [Verdict] { release() }

    /// A person has looked: the answers are true.
    package mutating func believe(now: Int64) { believedUntil = now + WaveGuard.belief }

    /// More than half of 50 at least, or nine in ten where there are few; and twice as many as before: a list of which a third is
    /// dead is an old list.
    private var isWave: Bool {
        let isMost = faults >= 50 && faults * 2 > window.count || faults >= 10 && faults * 10 >= window.count * 9
        return isMost && faults * max(before.answers, WaveGuard.size) > 2 * before.faults * window.count
    }

    private mutating func push(_ answer: Answer) -> [Verdict] {
        switch answer {
        case .sound: window.append((false, nil))
        case .mismatch: window.append((true, nil))
        case .dead(let verdict):
            window.append((true, verdict))
            held += 1
        }
        if window[window.count - 1].isFault { faults += 1 }
        guard window.count > WaveGuard.size, let oldest = window.popFirst() else { return [] }
        if before.answers >= WaveGuard.memory { before = (before.answers / 2, before.faults / 2) }
        before.answers += 1
        guard oldest.isFault else { return [] }
        before.faults += 1
        faults -= 1
        guard let verdict = oldest.verdict else { return [] }
        held -= 1
        return [verdict]
    }

    private mutating func release() -> [Verdict] {
        guard held > 0 else { return [] }
        held = 0
        var verdicts: [Verdict] = []
        for index in window.indices {
            guard let verdict = window[index].verdict else { continue }
            verdicts.append(verdict)
            window[index].verdict = nil
        }
        return verdicts
    }
}
