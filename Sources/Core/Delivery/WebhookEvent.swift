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
    /// A provider speaks of an account's right to send.
    case accountNotice = "account.notice"
    /// Goes to one webhook, when somebody asks for it.
    case test = "webhook.test"

    /// Those that a webhook may ask for.
    package static let offered = allCases.filter { $0 != .test }
}
