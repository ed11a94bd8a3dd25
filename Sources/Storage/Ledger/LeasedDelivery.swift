package import Core

/// One recipient whose turn has come, with everything that rendering and addressing need. Nothing has left yet.
///
/// An object, because it changes places often and holds a lot.
package final class LeasedDelivery: Sendable {
    package let id: DeliveryID
    package let run: RunID
    /// The number of the attempt that `intend` will begin, from 1; `record` names it.
    package let attempt: Int
    /// How many attempts so far count against the retry policy.
    package let failures: Int
    package let recipient: LeasedRecipient
    /// When the run's messages are worth nothing any more.
    package let expiresAt: Timestamp?
    /// What a message says; nil for a row of a campaign.
    package let message: LeasedMessage?

    init(id: DeliveryID, run: RunID, attempt: Int, failures: Int, recipient: LeasedRecipient, expiresAt: Timestamp?, message: LeasedMessage? = nil) {
        self.id = id
        self.run = run
        self.attempt = attempt
        self.failures = failures
        self.recipient = recipient
        self.expiresAt = expiresAt
        self.message = message
    }
}

/// A subscription and its owner, as they are at the lease.
package struct LeasedRecipient: Sendable {
    package let subscription: SubscriptionID
    package let profile: ProfileID
    package let address: Address
    package let windowExpiresAt: Timestamp?
    package let subscriptionLanguage: String?
    package let appVersion: String?
    package let registeredAt: Timestamp
    package let language: String?
    package let country: String?
    package let timezone: String?
    package let externalID: String
    /// The profile's attributes as JSON text.
    package let attributes: String
    /// Sorted.
    package let tags: [String]
}

/// A message as it was posted, with the row that goes out.
package struct LeasedMessage: Sendable {
    package let id: MessageID
    /// JSON text.
    package let definition: String
}

/// How many recipients of one run a lease may take.
package struct LeaseShare: Sendable {
    package let run: RunID
    package let limit: Int

    package init(run: RunID, limit: Int) {
        self.run = run
        self.limit = limit
    }
}

/// What a lease took and what it met on the way.
package struct Lease: Sendable {
    /// What is left of one run on the leasing account.
    package struct Rest: Sendable, Equatable {
        package let run: RunID
        /// Whether another lease would find something now.
        package let hasMore: Bool
        /// When the earliest retry is due, when nothing else is left.
        package let nextAt: Timestamp?
    }

    package var deliveries: [LeasedDelivery] = []
    /// Rows that became `skipped` or `expired` instead.
    package var skipped = 0
    package var expired = 0
    /// One for each share.
    package var rests: [Rest] = []
}

/// A recipient that the engine will not send to: the row becomes `skipped`, or `expired` when that is the reason.
package struct Refusal: Sendable {
    package let id: DeliveryID
    package let reason: Reason
    /// No personal data.
    package let detail: String?
    package let language: String?
    /// Whose row it is; nil for a row of a campaign.
    package let message: MessageID?

    package init(id: DeliveryID, reason: Reason, detail: String? = nil, language: String? = nil, message: MessageID? = nil) {
        self.id = id
        self.reason = reason
        self.detail = detail
        self.language = language
        self.message = message
    }
}
