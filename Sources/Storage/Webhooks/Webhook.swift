package import Core

/// Somebody's system that is told of what happens here.
package struct Webhook: Sendable, Equatable {
    /// Why we disabled it.
    package enum DisabledReason: String, Sendable, CaseIterable {
        /// It answered 410.
        case gone
        /// An event was tried in vain to the end, and no other got through meanwhile.
        case failing
    }

    package let id: WebhookID
    package let url: String
    package let description: String
    /// In the order of the enumeration.
    package let events: [WebhookEvent]
    package let isEnabled: Bool
    package let disabledReason: DisabledReason?
    /// What its secret is derived from.
    package let salt: [UInt8]
    /// The same before the last rotation, while that one signs too.
    package let previous: Previous?
    package let succeededAt: Timestamp?
    /// Counts every change of the row that was asked for or that disabled it: the ETag.
    package let version: Int64
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    package struct Previous: Sendable, Equatable {
        package let salt: [UInt8]
        package let until: Timestamp
    }

    /// As many as can be waited for at once, a few events each.
    package static let maxCount = 50
}

/// What may be changed of a webhook; nil leaves it as it is.
package struct WebhookChange: Sendable {
    package var url: String?
    package var description: String?
    package var events: [WebhookEvent]?
    package var isEnabled: Bool?

    package init() {}
}

/// One event on its way to one webhook.
package struct WebhookDelivery: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case pending, delivered, failed
    }

    package let id: WebhookDeliveryID
    package let webhook: WebhookID
    /// `webhook-id`: the same in all attempts.
    package let message: String
    package let type: String
    package let body: String
    package let state: State
    /// Since it was made or last replayed.
    package let attempts: Int
    package let nextAt: Timestamp?
    package let responseStatus: Int?
    package let error: String?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
}

/// What came of one attempt.
package struct WebhookAttempt: Sendable {
    package enum Result: Sendable, Equatable {
        case delivered
        /// To be tried again then; nil gives it up.
        case failed(retryAt: Timestamp?)
        /// The endpoint wants no more of anything.
        case gone
    }

    package let delivery: WebhookDeliveryID
    package let result: Result
    package let responseStatus: Int?
    /// Why there was no answer: never a URL or a part of one.
    package let error: String?

    package init(delivery: WebhookDeliveryID, result: Result, responseStatus: Int?, error: String?) {
        self.delivery = delivery
        self.result = result
        self.responseStatus = responseStatus
        self.error = error
    }
}
