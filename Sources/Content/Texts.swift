import Core

/// The texts of one language, or what a channel puts in their place; each compiled.
struct Texts: Sendable {
    var title: Template?
    var subtitle: Template?
    var body: Template?
    var url: Template?
    var appURL: Template?
    var image: Template?
    var data: [Entry]?

    struct Entry: Sendable {
        let name: String
        let template: Template
    }

    /// These texts with those of a channel in front; `data` is replaced as a whole.
    func overlaid(by other: Texts) -> Texts {
        Texts(title: other.title ?? title, subtitle: other.subtitle ?? subtitle, body: other.body ?? body, url: other.url ?? url,
              appURL: other.appURL ?? appURL, image: other.image ?? image, data: other.data ?? data)
    }
}

extension Texts {
    /// What a template may be at most, in bytes. What a message may be is the channel's to say.
    private enum Limit {
        static let line = 1_024
        static let body = 16_384
        static let address = 4_096
        static let entries = 32
    }

    init?(_ json: JSONValue, at pointer: String, errors: FieldErrors) {
        guard var reader = ObjectReader(json, at: pointer, errors: errors) else { return nil }
        title = reader.template("title", maxBytes: Limit.line)
        subtitle = reader.template("subtitle", maxBytes: Limit.line)
        body = reader.template("body", maxBytes: Limit.body)
        url = reader.template("url", maxBytes: Limit.address, allowingURL: false)
        appURL = reader.template("app_url", maxBytes: Limit.address)
        image = reader.template("image", maxBytes: Limit.address)
        for (name, template, kind) in [("url", url, Link.web), ("app_url", appURL, .app), ("image", image, .web)] {
            // A text that begins with a variable is judged when it is rendered.
            guard let template, template.isConstant || !template.prefix.isEmpty else { continue }
            if !(template.isConstant ? kind.accepts(template.prefix) : kind.accepts(prefix: template.prefix)) {
                reader.fail(name, "invalid_value", "must be \(kind.wanted)")
            }
        }
        data = Texts.data(&reader)
        reader.finish()
    }

    private static func data(_ reader: inout ObjectReader) -> [Entry]? {
        guard let value = reader.value("data"), var inner = reader.reader("data"), case .object(let object) = value else { return nil }
        guard object.members.count <= Limit.entries else {
            reader.fail("data", "too_many", "must hold at most \(Limit.entries) keys, holds \(object.members.count)")
            return nil
        }
        return object.members.compactMap { member in
            guard (1...64).contains(member.name.utf8.count), !member.name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
                inner.fail(member.name, "invalid_value", "must have a name of 1 to 64 bytes without control characters")
                return nil
            }
            return inner.template(member.name, maxBytes: Limit.address).map { Entry(name: member.name, template: $0) }
        }
    }
}

/// What an address must look like before it goes to people: others could smuggle a script into a notification.
enum Link {
    /// `https://` or `http://`.
    case web
    /// Any scheme of RFC 3986 section 3.1 but those that run code or read files.
    case app

    var wanted: String {
        switch self {
        case .web: "an https:// or http:// address without spaces"
        case .app: "an address with a scheme, such as shop://orders, without spaces"
        }
    }

    func accepts(_ text: String) -> Bool {
        !text.utf8.contains { $0 <= 0x20 || $0 == 0x7F } && accepts(prefix: text)
            && (self == .app || text.utf8.count > "https://".utf8.count)
    }

    /// Whether a text that begins so can become such an address.
    func accepts(prefix: String) -> Bool {
        switch self {
        case .web:
            let start = prefix.prefix(8).asciiLowercased
            return start.hasPrefix("https://") || start.hasPrefix("http://")
        case .app:
            guard let colon = prefix.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
            let scheme = prefix[..<colon].asciiLowercased
            return scheme.utf8.first?.isASCIILetter == true
                && scheme.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "+-.".utf8.contains($0) }
                && !["javascript", "vbscript", "data", "file", "blob", "about"].contains(scheme)
        }
    }
}

extension ObjectReader {
    fileprivate mutating func template(_ name: String, maxBytes: Int, allowingURL: Bool = true) -> Template? {
        guard let text = string(name, maxBytes: maxBytes) else { return nil }
        guard !text.isEmpty else {
            fail(name, "invalid_value", "must not be empty: leave the field out")
            return nil
        }
        do {
            return try Template(text, allowingURL: allowingURL)
        } catch {
            fail(name, "template_syntax", error.description)
            return nil
        }
    }
}
