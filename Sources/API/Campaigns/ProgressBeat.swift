import Glibc
import Linux

/// Wakes those who watch campaigns at every beat, from a thread that lives as long as anybody waits.
final class ProgressBeat: Sendable {
    private struct State {
        var number = 0
        var waiting: [UnsafeContinuation<Bool, Never>] = []
        var hasThread = false
        var hasEnded = false

        mutating func takeWaiting() -> [UnsafeContinuation<Bool, Never>] {
            defer { waiting = [] }
            return waiting
        }
    }

    private let milliseconds: UInt32
    private let state = Lock(State())

    init(milliseconds: UInt32) { self.milliseconds = milliseconds }

    /// How many there were.
    var number: Int { state.withLock { $0.number } }

    /// Waits for the next one.
    ///
    /// - Returns: false when there will be none.
    func next() async -> Bool {
        await withUnsafeContinuation { continuation in
            let (refused, isFirst) = state.withLock { state in
                if state.hasEnded { return (true, false) }
                state.waiting.append(continuation)
                defer { state.hasThread = true }
                return (false, !state.hasThread)
            }
            if refused { continuation.resume(returning: false) }
            if isFirst, (try? Thread.start(named: "progress") { [self] in run() }) == nil { giveUp() }
        }
    }

    /// There was no thread to be had: those who wait come again, and the next of them tries anew.
    private func giveUp() {
        let waiting = state.withLock { state in
            state.hasThread = false
            return state.takeWaiting()
        }
        for continuation in waiting { continuation.resume(returning: false) }
    }

    /// Nobody waits any more, now or later.
    func end() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            return state.takeWaiting()
        }
        for continuation in waiting { continuation.resume(returning: false) }
    }

    private func run() {
        while true {
            usleep(milliseconds * 1_000)
            let waiting = state.withLock { state in
                state.number += 1
                if state.waiting.isEmpty { state.hasThread = false }
                return state.takeWaiting()
            }
            if waiting.isEmpty { return }
            for continuation in waiting { continuation.resume(returning: true) }
        }
    }
}
