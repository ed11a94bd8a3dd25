import Linux
package import OpenSSL

/// The certificate that new connections get. It can be replaced at any time: those that are open keep theirs.
package final class TLSCredentials: Sendable {
    private struct State {
        var context: TLSContext
        var madeAt: Int64
    }

    private let state: Lock<State>

    /// How long one set of ticket keys lives.
    private static let lifetimeMilliseconds: Int64 = 12 * 3_600_000

    package init(_ context: TLSContext) {
        state = Lock(State(context: context, madeAt: .min))
    }

    package func replace(with context: TLSContext) {
        state.withLock { $0 = State(context: context, madeAt: .min) }
    }

    /// - Parameter now: monotonic milliseconds.
    func context(now: Int64) -> TLSContext {
        state.withLock { state in
            if state.madeAt == .min {
                state.madeAt = now
            } else if now - state.madeAt >= TLSCredentials.lifetimeMilliseconds {
                state.madeAt = now
                // What was accepted once is accepted again; if memory is short the old keys do a little longer.
                if let context = try? state.context.renewed() { state.context = context }
            }
            return state.context
        }
    }
}
