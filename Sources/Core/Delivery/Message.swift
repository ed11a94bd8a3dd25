/// One message, rendered for one recipient: every text is final.
package struct Message: Sendable {
    package var delivery: DeliveryID
    /// The same on every attempt of this delivery.
    package var key: MessageKey
    /// Names the campaign towards providers that collapse or replace (`cmp_12`); at most 32 bytes of [A-Za-z0-9_-].
    package var collapseKey: String
    package var purpose: Purpose
    /// BCP 47 tag of the language version that was chosen.
    package var language: String
    package var title: String?
    package var subtitle: String?
    package var body: String
    package var url: String?
    package var appURL: String?
    package var image: String?
    /// Custom keys for the app, in order.
    package var data: [(name: String, value: String)]
    /// `content.channels.<channel>` without its per-language texts, checked by `ChannelRules.checkOptions`.
    package var options: JSONObject
    /// When the message is worth nothing any more.
    package var expiresAt: Timestamp?

    package init(delivery: DeliveryID, key: MessageKey, collapseKey: String, purpose: Purpose, language: String,
                 title: String? = nil, subtitle: String? = nil, body: String, url: String? = nil,
                 appURL: String? = nil, image: String? = nil, data: [(name: String, value: String)] = [],
                 options: JSONObject = JSONObject(), expiresAt: Timestamp? = nil) {
        self.delivery = delivery
        self.key = key
        self.collapseKey = collapseKey
        self.purpose = purpose
        self.language = language
        self.title = title
        self.subtitle = subtitle
        self.body = body
        self.url = url
        self.appURL = appURL
        self.image = image
        self.data = data
        self.options = options
        self.expiresAt = expiresAt
    }
}

/// Where a message goes.
package struct Recipient: Sendable {
    package var address: Address
    /// Until when the channel's free-form window is open; nil when it never was.
    package var windowExpiresAt: Timestamp?

    package init(address: Address, windowExpiresAt: Timestamp? = nil) {
        self.address = address
        self.windowExpiresAt = windowExpiresAt
    }
}
