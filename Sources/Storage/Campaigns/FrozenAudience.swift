/// Who a run is for, fixed at one moment: the subscriptions of its accounts with the profiles that own them, and the
/// profiles that none of these accounts reaches. Opted-out and invalid subscriptions are in it: they become skipped rows.
package struct FrozenAudience: Sendable, Equatable {
    /// One subscription and its owner, each a 32-bit ordinal.
    package struct Member: Sendable, Hashable, Comparable {
        package let subscription: UInt32
        package let profile: UInt32

        package init(subscription: UInt32, profile: UInt32) {
            self.subscription = subscription
            self.profile = profile
        }

        package static func < (a: Member, b: Member) -> Bool { a.subscription < b.subscription }
    }

    /// By account, sorted by subscription.
    package let members: [Int64: [Member]]
    /// Sorted.
    package let unreached: [UInt32]

    package init(members: [Int64: [Member]], unreached: [UInt32]) {
        self.members = members
        self.unreached = unreached
    }

    /// Rows that the ledger will hold.
    package var count: Int { members.values.reduce(unreached.count) { $0 + $1.count } }
}

/// Which of a person's channels a campaign uses.
package enum AudienceStrategy: Sendable {
    /// Every subscription on every chosen account.
    case all
    /// The first channel, in the campaign's order, on which the person can be reached now: all their subscriptions of it.
    case firstReachable
}
