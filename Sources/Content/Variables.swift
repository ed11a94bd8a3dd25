package import Core

/// What a template may name: everything about one recipient and the campaign. No other data is reachable from a text.
package struct Variables: Sendable {
    package var profile: Profile
    package var subscription: Subscription
    package var campaign: Campaign

    package init(profile: Profile, subscription: Subscription = Subscription(), campaign: Campaign = Campaign()) {
        self.profile = profile
        self.subscription = subscription
        self.campaign = campaign
    }

    /// `profile.external_id`, `.language`, `.country`, `.timezone`, `.tags`; any other name is an attribute (`profile.first_name`).
    package struct Profile: Sendable {
        package var externalID: String
        package var language: String?
        package var country: String?
        package var timezone: String?
        package var tags: [String]
        package var attributes: JSONObject

        package init(externalID: String, language: String? = nil, country: String? = nil, timezone: String? = nil,
                     tags: [String] = [], attributes: JSONObject = JSONObject()) {
            self.externalID = externalID
            self.language = language
            self.country = country
            self.timezone = timezone
            self.tags = tags
            self.attributes = attributes
        }
    }

    /// `subscription.channel`, `.language`, `.app_version`.
    package struct Subscription: Sendable {
        package var channel: Channel?
        package var language: String?
        package var appVersion: String?

        package init(channel: Channel? = nil, language: String? = nil, appVersion: String? = nil) {
            self.channel = channel
            self.language = language
            self.appVersion = appVersion
        }
    }

    /// `campaign.id`, `.name`.
    package struct Campaign: Sendable {
        package var id: String?
        package var name: String?

        package init(id: String? = nil, name: String? = nil) {
            self.id = id
            self.name = name
        }
    }
}
