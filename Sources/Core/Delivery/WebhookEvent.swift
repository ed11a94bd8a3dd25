/// What webhooks can be told of.
package enum WebhookEvent: String, Sendable, CaseIterable {
    case campaignStarted = "campaign.started"
    case campaignPaused = "campaign.paused"
    case campaignResumed = "campaign.resumed"
    case campaignFinished = "campaign.finished"
    case campaignCancelled = "campaign.cancelled"
    case campaignFailed = "campaign.failed"
    case campaignExpired = "campaign.expired"
    case subscriptionOptedOut = "subscription.opted_out"
    case subscriptionInvalidated = "subscription.invalidated"
    /// A message's row has come to that state of the ledger.
    case messageAccepted = "message.accepted"
    case messageDelivered = "message.delivered"
    case messageOpened = "message.opened"
    case messageClicked = "message.clicked"
    case messageSkipped = "message.skipped"
    case messageExpired = "message.expired"
    case messageRejected = "message.rejected"
    case messageDead = "message.dead"
    case messageUnknown = "message.unknown"
    /// A provider speaks of an account's right to send.
    case accountNotice = "account.notice"
    /// Goes to one webhook, when somebody asks for it.
    case test = "webhook.test"

    /// Those that a webhook may ask for.
    package static let offered = allCases.filter { $0 != .test }

    /// What is told of a message's row in that state; nil where nothing is.
    package init?(message state: DeliveryState) { self.init(rawValue: "message.\(state.rawValue)") }
}
