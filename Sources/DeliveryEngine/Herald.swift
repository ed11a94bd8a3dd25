import Core
import Failpoints
import Linux
import Storage

/// Moves what became of messages from the ledger, which has it in the transaction in which it became so, into the outbox of webhooks. A
/// crash between the two moves it again, under the same `webhook-id`.
final class Herald: Sendable {
    private let store: Store
    private let ledger: Ledger
    /// The last event that this process has put into the outbox: the ledger's disk may be too full to forget it.
    private let last = Lock<Int64>(0)

    private static let maxEvents = 500

    init(store: Store, ledger: Ledger) { (self.store, self.ledger) = (store, ledger) }

    func round() async throws {
        while true {
            let events = try await ledger.messageEvents(after: last.withLock { $0 }, limit: Herald.maxEvents)
            guard let end = events.last?.id else { return }
            try await store.write { store in
                for event in events { try store.announce(event) }
                failpoint("outbox.before")
            }
            failpoint("outbox.after")
            last.withLock { $0 = end }
            try await ledger.forgetMessageEvents(upTo: end)
            if events.count < Herald.maxEvents { return }
        }
    }
}
