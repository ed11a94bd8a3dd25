import Linux

/// A wait that anyone can cut short. One waiter at a time; a ring while nobody waits ends the next wait at once.
final class Alarm: Sendable {
    private struct State {
        var isRinging = false
        var sleep: Task<Void, Never>?
    }

    private let state = Lock(State())

    func ring() {
        state.withLock { state in
            state.isRinging = true
            state.sleep?.cancel()
        }
    }

    func wait(atMost duration: Duration) async {
        let sleep: Task<Void, Never>? = state.withLock { state in
            guard !state.isRinging else { return nil }
            let sleep = Task { _ = try? await Task.sleep(for: duration) }
            state.sleep = sleep
            return sleep
        }
        await sleep?.value
        state.withLock { state in
            state.isRinging = false
            state.sleep = nil
        }
    }
}
