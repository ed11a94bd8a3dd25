/// The state of one row of the ledger.
///
///     pending -> leased -> sending -> accepted -> delivered -> opened -> clicked
///        |                    |-> pending (retry)   (the tail comes from callbacks, never backwards)
///        |                    `-> rejected | dead | unknown
///        `-> skipped | expired | cancelled
package enum DeliveryState: String, Sendable, CaseIterable {
    /// Waiting for its turn, or for its retry.
    case pending
    /// Claimed by a running process; nothing has left. Undone at boot for free.
    case leased
    /// The intent to send is committed: bytes may have left.
    case sending
    /// The provider took it.
    case accepted
    /// The provider says the device or handset has it.
    case delivered
    case opened
    case clicked
    /// Never attempted; the reason says why.
    case skipped
    /// Its time to live ran out before it could go.
    case expired
    /// The campaign was cancelled first.
    case cancelled
    /// The provider refused it for good.
    case rejected
    /// Given up: too many attempts, or found `sending` at three boots.
    case dead
    /// It may or may not have been taken, and the channel does not allow a second try.
    case unknown

    /// Whether nothing more will be attempted.
    package var isTerminal: Bool {
        switch self {
        case .pending, .leased, .sending: false
        default: true
        }
    }

    /// The order of the callback tail: a callback moves a row only to a higher rank.
    package var rank: Int? {
        switch self {
        case .unknown: 0
        case .accepted: 1
        case .delivered: 2
        case .opened: 3
        case .clicked: 4
        default: nil
        }
    }
}
