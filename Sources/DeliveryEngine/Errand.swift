import Core
import Storage

/// Something a lane tells the ledger or the store and does not wait for. It is repeated until it is done: a row left `leased`
/// or a person's refusal that was not written down would be lost until the next start, or for good.
enum Errand: Sendable {
    /// `leased -> pending`.
    case release([DeliveryID])
    /// The same, not to be leased again before then.
    case postpone([DeliveryID], until: Timestamp)
    /// `leased -> skipped`.
    case refuse([Refusal])
    /// The provider says the address is dead since then; kept when it was registered later.
    case invalidate(SubscriptionID, detail: String, since: Timestamp)
    /// The provider says the person has told it to stop.
    case optOut(SubscriptionID, detail: String, at: Timestamp)
    /// What the account has learnt of its provider's limits.
    case keep(SavedPace)
}
