package import Core

/// One sending of a campaign, its launch or a test send, or of a message.
package struct LedgerRun: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case launch
        /// campaign_test.id
        case test(Int64)
        /// A message to one person, which belongs to no campaign.
        case message(MessageID)
    }

    package let id: RunID
    /// 0 for a message.
    package let campaign: CampaignID
    package let kind: Kind
    /// Rows it has, or will have once everything is expanded.
    package let audience: Int
    package let frozenAt: Timestamp
    package let expiresAt: Timestamp?
    package let finishedAt: Timestamp?
}

/// An unfinished run with something left on one account.
package struct ActiveRun: Sendable, Equatable {
    package let run: LedgerRun
    /// Nil for the people whom no subscription reaches: `expandUnreached` makes their rows.
    package let account: Int64?
    /// Pending rows and members without a row.
    package let waiting: Int
    /// Rows in `leased` or `sending`.
    package let claimed: Int
    /// When the earliest pending row is due; nil when there is none. Members without a row are due now.
    package let nextAt: Timestamp?
}

/// What recovery found at boot.
package struct Recovery: Sendable, Equatable {
    package let epoch: Int64
    /// `leased` rows that are `pending` again.
    package var released = 0
    /// `sending` rows that will be sent again, whose outcome stays unknown, and that were found so too often.
    package var resent = 0
    package var unknown = 0
    package var dead = 0
}

/// How far a run is.
package enum RunCompletion: Sendable, Equatable {
    case finished(at: Timestamp)
    /// So many rows and members are not terminal.
    case open(Int)
    /// Nothing is left, but the states do not sum to the audience: it stays open and somebody must look.
    case inconsistent(counted: Int, audience: Int)
}

/// What a provider's word about a delivery changed.
package enum StatusEffect: Sendable, Equatable {
    case moved(DeliveryID, DeliveryState)
    /// The delivery is there or further already, or is over in a way that callbacks do not change.
    case unchanged
    /// No delivery has that provider's id yet: kept until a result brings it.
    case early
    /// There is no such delivery on this account.
    case notFound
}
