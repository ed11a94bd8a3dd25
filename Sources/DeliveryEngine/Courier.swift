import Core
import Linux
import Storage

/// Takes messages from the store to the lanes: at once when somebody posts one, and in each round of the scheduler what that has
/// missed, such as retries and what an earlier process left. It has no thread: each step is begun by whoever wakes it or by the
/// answer to the step before.
final class Courier: Sendable {
    private enum Turn { case idle, busy, wokenAgain, stopped }

    private struct State {
        var turn = Turn.idle
        /// The last message whose rows are made, as far as this process knows.
        var last = MessageID(rawValue: 0)
        var sweptAt: Int64?
    }

    private let store: Store
    private let ledger: Ledger
    private let accounts: [Int64]
    private let epoch: Int64
    private let publish: @Sendable (SenderMessage) -> Void
    private let state = Lock(State())

    private static let maxMessages = 128
    private static let sweepMilliseconds: Int64 = 10_000

    init(store: Store, ledger: Ledger, accounts: [Int64], epoch: Int64, publish: @escaping @Sendable (SenderMessage) -> Void) {
        (self.store, self.ledger, self.accounts, self.epoch, self.publish) = (store, ledger, accounts, epoch, publish)
    }

    /// Any thread, never blocks.
    func wake() {
        let begins = state.withLock { state in
            switch state.turn {
            case .idle:
                state.turn = .busy
                return true
            case .busy, .wokenAgain:
                state.turn = .wokenAgain
                return false
            case .stopped: return false
            }
        }
        if begins { freeze() }
    }

    func stop() { state.withLock { $0.turn = .stopped } }

    /// What a round of the scheduler does for messages.
    func round() async throws {
        wake()
        let due = try await ledger.urgentAccounts()
        if !due.isEmpty { publish(.messagesDue(on: due)) }
        let now = store.time.monotonicMilliseconds
        let sweeps = state.withLock { state in
            if let last = state.sweptAt, now - last < Courier.sweepMilliseconds { return false }
            state.sweptAt = now
            return true
        }
        if sweeps { try await ledger.expireMessages() }
    }

    private func freeze() {
        let last = state.withLock { $0.last }
        ledger.freezeMessages(after: last, limit: Courier.maxMessages, leasing: accounts, epoch: epoch, now: ledger.now) { [self] result in
            // One that failed (a full disk) is tried again in the next round.
            let frozen = try? result.get()
            if let frozen, !frozen.leases.isEmpty { publish(.messages(frozen.leases)) }
            if let last = frozen?.last { store.submit({ try $0.markFrozen(upTo: last) }, completion: { _ in }) }
            let goesOn = state.withLock { state in
                if let last = frozen?.last { state.last = last }
                guard state.turn != .stopped else { return false }
                let goesOn = state.turn == .wokenAgain || frozen?.hasMore == true
                state.turn = goesOn ? .busy : .idle
                return goesOn
            }
            if goesOn { freeze() }
        }
    }
}
