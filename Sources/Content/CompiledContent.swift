package import Core

/// A campaign's `content`: every text compiled once, ready to be rendered for any number of recipients on any thread.
package struct CompiledContent: Sendable {
    /// A language's texts for one channel, with the tag as the campaign spells it. There is always a body.
    struct Version: Sendable {
        let language: String
        let texts: Texts
    }

    /// By channel and by language in lower case.
    let versions: [Channel: [String: Version]]
    let options: [Channel: JSONObject]
    let defaultLanguage: String

    /// Reads and checks the object for the channels of the campaign; nil when a problem was added.
    ///
    /// - Parameter rules: checks the options of each channel; a channel without rules takes none.
    package init?(_ json: JSONValue, channels: [Channel], rules: [Channel: any ChannelRules], at pointer: String = "",
                  errors: FieldErrors) {
        let found = FieldErrors()
        var parser = ContentParser(pointer: pointer, errors: found, channels: channels, rules: rules)
        let content = parser.content(json)
        for error in found.list { errors.add(error.pointer, error.code, error.detail) }
        guard found.isEmpty, let content else { return nil }
        self = content
    }

    init(versions: [Channel: [String: Version]], options: [Channel: JSONObject], defaultLanguage: String) {
        self.versions = versions
        self.options = options
        self.defaultLanguage = defaultLanguage
    }

    /// The languages that have texts for a channel, as the campaign spells them.
    package func languages(for channel: Channel) -> [String] {
        (versions[channel] ?? [:]).values.map(\.language).sorted()
    }

    /// The texts for one recipient. Pure.
    ///
    /// - Parameter languages: what the recipient speaks, most specific source first (subscription, profile).
    package func render(for channel: Channel, languages: [String], variables: Variables) -> Rendering {
        guard let version = version(for: channel, languages: languages) else {
            return .skipped(.languageMissing, detail: "no text for \(channel.rawValue) in \(defaultLanguage)")
        }
        var renderer = Renderer(variables: variables)
        let texts = version.texts
        let url = renderer.link("url", texts.url, .web)
        renderer.url = url
        let body = renderer.text("body", texts.body)
        let rendered = RenderedContent(
            language: version.language,
            title: renderer.text("title", texts.title),
            subtitle: renderer.text("subtitle", texts.subtitle),
            body: body ?? "",
            url: url,
            appURL: renderer.link("app_url", texts.appURL, .app),
            image: renderer.link("image", texts.image, .web),
            data: (texts.data ?? []).map { ($0.name, renderer.text("data/\($0.name)", $0.template) ?? "") },
            options: options[channel] ?? JSONObject())
        if let (reason, detail) = renderer.failure { return .skipped(reason, detail: detail) }
        // A notification without words is a fault that the recipient sees.
        guard !rendered.body.allSatisfy(\.isWhitespace) else { return .skipped(.variableMissing, detail: "body: is empty") }
        return .rendered(rendered)
    }

    /// The exact language, then its shorter forms, for each that the recipient speaks; then the default (RFC 4647 section 3.4).
    private func version(for channel: Channel, languages: [String]) -> Version? {
        guard let versions = versions[channel] else { return nil }
        for language in languages {
            // Most are spelled as the keys are.
            if let version = versions[language] { return version }
            for form in LanguageTag.fallbacks(of: language) {
                if let version = versions[form] { return version }
            }
        }
        return versions[defaultLanguage]
    }
}

/// Renders the texts of one message and keeps the first failure.
private struct Renderer {
    let variables: Variables
    var url: String?
    var failure: (Reason, String)?

    init(variables: Variables) { self.variables = variables }

    mutating func text(_ field: String, _ template: Template?) -> String? {
        guard failure == nil, let template else { return nil }
        switch template.render(variables, url: url) {
        case .text(let text): return text
        case .missing(let variable): failure = (.variableMissing, "\(field): \(variable)")
        case .tooLarge: failure = (.payloadTooLarge, "\(field): more than \(Template.maxOutputBytes) bytes")
        }
        return nil
    }

    /// An address that variables have made no address any more cannot be sent.
    mutating func link(_ field: String, _ template: Template?, _ kind: Link) -> String? {
        guard let link = text(field, template) else { return nil }
        if kind.accepts(link) { return link }
        failure = (.variableMissing, "\(field): is not \(kind.wanted)")
        return nil
    }
}
