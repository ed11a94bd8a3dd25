import Linux

/// Turns an interrupt into the end of a wait, from the moment somebody waits. Any thread.
final class InterruptGate: Sendable {
    private enum State {
        case nobody
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let state = Lock(State.nobody)

    /// Ends the wait.
    ///
    /// - Returns: false when nobody waits.
    func pass() -> Bool {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard case .waiting(let continuation) = state else { return nil }
            state = .nobody
            return continuation
        }
        waiting?.resume()
        return waiting != nil
    }

    func wait() async {
        await withCheckedContinuation { continuation in state.withLock { $0 = .waiting(continuation) } }
    }
}
