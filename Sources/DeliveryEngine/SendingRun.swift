package import Core
package import Storage

/// A run that may be sent now, with everything its messages are rendered from.
package struct SendingRun: Sendable {
    package let run: RunID
    package let campaign: CampaignID
    /// Renders one delivery; pure, any thread.
    package let render: @Sendable (LeasedDelivery) -> MessageRendering
    /// The campaign's own rate, shared by all accounts; nil when it has none.
    package let pace: CampaignPace?

    package init(run: RunID, campaign: CampaignID, pace: CampaignPace?,
                 render: @escaping @Sendable (LeasedDelivery) -> MessageRendering) {
        self.run = run
        self.campaign = campaign
        self.pace = pace
        self.render = render
    }
}

package enum MessageRendering: Sendable {
    case message(Message)
    case skipped(Reason, detail: String, language: String?)
}
