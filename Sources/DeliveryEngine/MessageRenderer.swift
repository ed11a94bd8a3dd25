import Campaigns
import Content
import Core
import Storage

/// Turns a leased delivery into what its channel sends, by a campaign's plan or a message's. Pure; any thread.
package struct MessageRenderer: Sendable {
    let content: CompiledContent
    let purpose: Purpose
    let campaign: Variables.Campaign
    /// What providers collapse by (`cmp_12`, `msg_7`).
    let collapseKey: String
    let hash: SipHash

    init(plan: CampaignPlan, campaign: CampaignID, hash: SipHash) {
        content = plan.content
        purpose = plan.purpose
        self.campaign = .init(id: campaign.description, name: plan.name)
        collapseKey = campaign.description
        self.hash = hash
    }

    init(plan: MessagePlan, message: MessageID, hash: SipHash) {
        content = plan.content
        purpose = plan.purpose
        campaign = .init()
        collapseKey = message.description
        self.hash = hash
    }

    /// Renders rows of messages, each by what it brings along.
    static func messages(rules: [Channel: any ChannelRules], hash: SipHash) -> @Sendable (LeasedDelivery) -> MessageRendering {
        { delivery in
            guard let message = delivery.message, let plan = MessagePlan(stored: message.definition, rules: rules) else {
                return .skipped(.providerConfig, detail: "definition_unreadable", language: nil)
            }
            return MessageRenderer(plan: plan, message: message.id, hash: hash).render(delivery)
        }
    }

    private func variables(for recipient: LeasedRecipient) -> Variables {
        let attributes = (try? JSONValue(parsing: Array(recipient.attributes.utf8)))?.object ?? JSONObject()
        return Variables(
            profile: .init(externalID: recipient.externalID, language: recipient.language, country: recipient.country,
                           timezone: recipient.timezone, tags: recipient.tags, attributes: attributes),
            subscription: .init(channel: recipient.address.channel, language: recipient.subscriptionLanguage,
                                appVersion: recipient.appVersion),
            campaign: campaign)
    }

    func render(_ delivery: LeasedDelivery) -> MessageRendering {
        let recipient = delivery.recipient
        let languages = [recipient.subscriptionLanguage, recipient.language].compactMap(\.self)
        switch content.render(for: recipient.address.channel, languages: languages, variables: variables(for: recipient)) {
        case .skipped(let reason, let detail):
            return .skipped(reason, detail: detail, language: nil)
        case .rendered(let content):
            return .message(Message(
                delivery: delivery.id,
                key: MessageKey(run: delivery.run, recipient: recipient.subscription.rawValue, hash: hash),
                collapseKey: collapseKey, purpose: purpose, language: content.language,
                title: content.title, subtitle: content.subtitle, body: content.body, url: content.url,
                appURL: content.appURL, image: content.image, data: content.data, options: content.options,
                expiresAt: delivery.expiresAt))
        }
    }
}
