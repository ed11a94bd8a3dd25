import Campaigns
import Content
import Core
import Storage

/// Turns a leased delivery into a message by the campaign's plan. Pure; any thread.
package struct MessageRenderer: Sendable {
    let plan: CampaignPlan
    let campaign: CampaignID
    let hash: SipHash

    private func variables(for delivery: LeasedDelivery) -> Variables {
        let attributes = (try? JSONValue(parsing: Array(delivery.attributes.utf8)))?.object ?? JSONObject()
        return Variables(
            profile: .init(externalID: delivery.externalID, language: delivery.language, country: delivery.country,
                           timezone: delivery.timezone, tags: delivery.tags, attributes: attributes),
            subscription: .init(channel: delivery.address.channel, language: delivery.subscriptionLanguage,
                                appVersion: delivery.appVersion),
            campaign: .init(id: campaign.description, name: plan.name))
    }

    func render(_ delivery: LeasedDelivery) -> MessageRendering {
        let channel = delivery.address.channel
        let languages = [delivery.subscriptionLanguage, delivery.language].compactMap(\.self)
        switch plan.content.render(for: channel, languages: languages, variables: variables(for: delivery)) {
        case .skipped(let reason, let detail):
            return .skipped(reason, detail: detail, language: nil)
        case .rendered(let content):
            return .message(Message(
                delivery: delivery.id,
                key: MessageKey(run: delivery.run, recipient: delivery.subscription.rawValue, hash: hash),
                collapseKey: campaign.description, purpose: plan.purpose, language: content.language,
                title: content.title, subtitle: content.subtitle, body: content.body, url: content.url,
                appURL: content.appURL, image: content.image, data: content.data, options: content.options,
                expiresAt: delivery.expiresAt))
        }
    }
}
