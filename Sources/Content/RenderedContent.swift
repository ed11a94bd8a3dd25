package import Core

/// The texts of one message to one recipient, final.
package struct RenderedContent: Sendable {
    /// BCP 47 tag of the version that was chosen, as the campaign spells it.
    package var language: String
    package var title: String?
    package var subtitle: String?
    package var body: String
    package var url: String?
    package var appURL: String?
    package var image: String?
    /// In the order they were written.
    package var data: [(name: String, value: String)]
    /// `content.channels.<channel>` without its per-language texts.
    package var options: JSONObject

    package init(language: String, title: String? = nil, subtitle: String? = nil, body: String, url: String? = nil,
                 appURL: String? = nil, image: String? = nil, data: [(name: String, value: String)] = [],
                 options: JSONObject = JSONObject()) {
        self.language = language
        self.title = title
        self.subtitle = subtitle
        self.body = body
        self.url = url
        self.appURL = appURL
        self.image = image
        self.data = data
        self.options = options
    }
}

/// What rendering for one recipient gave.
package enum Rendering: Sendable {
    case rendered(RenderedContent)
    /// `language_missing`, `variable_missing` or `payload_too_large`; `detail` names the field or variable and holds no personal data.
    case skipped(Reason, detail: String)
}
