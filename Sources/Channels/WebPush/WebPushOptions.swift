internal import Core

/// `content.channels.webpush`: what a browser can be told beyond the texts.
///
/// | Option | Type | Meaning |
/// |---|---|---|
/// | `urgency` | `very-low` `low` `normal` `high` | RFC 8030 §5.3; normal |
/// | `icon`, `badge` | absolute https URL | pictures of the notification |
/// | `app_badge` | integer ≥ 0 | the number on the app's icon; 0 clears |
/// | `tag` | string | replaces a notification with the same tag; the campaign's key |
/// | `dir` | `auto` `ltr` `rtl` | |
/// | `silent`, `renotify`, `require_interaction` | boolean | |
/// | `mutable` | boolean | a `push` handler may replace the notification |
/// | `actions` | ≤ 4 of `{"action","title","navigate","icon"}` | buttons; `icon` may be left out |
struct WebPushOptions {
    enum Urgency: String, CaseIterable { case veryLow = "very-low", low, normal, high }
    enum Direction: String, CaseIterable { case auto, ltr, rtl }

    var urgency: Urgency?
    var appBadge: Int64?
    var mutable: Bool?
    /// Members of `notification` in the names of the Push API, ready to be written.
    var notification: [JSONObject.Member] = []

    /// Reads the options; every problem goes to `errors`.
    ///
    /// WebKit refuses a whole declarative message for one member of a wrong type or a relative icon
    /// (NotificationJSONParser.cpp), so all types are settled here.
    init(_ options: JSONObject, at pointer: String = "", errors: FieldErrors) {
        guard !options.isEmpty else { return }
        var reader = ObjectReader(options, at: pointer, errors: errors)
        urgency = reader.choice("urgency")
        appBadge = reader.int("app_badge", in: 0...1_000_000)
        mutable = reader.bool("mutable")
        for name in ["icon", "badge"] {
            if let url = WebPushOptions.url(name, in: &reader) { add(name, .string(url)) }
        }
        if let tag = reader.string("tag", maxBytes: 64) { add("tag", .string(tag)) }
        if let direction: Direction = reader.choice("dir") { add("dir", .string(direction.rawValue)) }
        for name in ["silent", "renotify", "require_interaction"] {
            if let flag = reader.bool(name) { add(name, .bool(flag)) }
        }
        if let actions = reader.array("actions", maxCount: 4) {
            let pointer = reader.pointer(to: "actions")
            add("actions", .array(actions.enumerated().compactMap { index, action in
                WebPushOptions.action(action, at: JSONPointer.join(pointer, index), errors: errors)
            }))
        }
        reader.finish()
    }

    private mutating func add(_ name: String, _ value: JSONValue) {
        notification.append(.init(name: name, value: value))
    }

    private static func action(_ value: JSONValue, at pointer: String, errors: FieldErrors) -> JSONValue? {
        guard var reader = ObjectReader(value, at: pointer, errors: errors) else { return nil }
        var action = JSONObject()
        for name in ["action", "title"] {
            if let text = reader.requiredString(name, maxBytes: 256) { action[name] = .string(text) }
        }
        if !reader.has("navigate") { reader.fail("navigate", "missing", "is required") }
        for name in ["navigate", "icon"] {
            if let text = url(name, in: &reader) { action[name] = .string(text) }
        }
        reader.finish()
        return .object(action)
    }

    private static func url(_ name: String, in reader: inout ObjectReader) -> String? {
        guard let text = reader.string(name, maxBytes: 2_048) else { return nil }
        guard AbsoluteURL.isValid(text) else {
            reader.fail(name, "invalid_value", "must be an absolute http or https URL")
            return nil
        }
        return text
    }
}

/// What browsers take for `navigate` and pictures: they refuse the message for a relative URL.
enum AbsoluteURL {
    static func isValid(_ text: String) -> Bool {
        for scheme in ["https://", "http://"] where text.asciiLowercased.utf8.starts(with: scheme.utf8) {
            let rest = text.utf8.dropFirst(scheme.utf8.count)
            guard let first = rest.first else { return false }
            return first != UInt8(ascii: "/") && first != UInt8(ascii: "?") && first != UInt8(ascii: "#")
                && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
        }
        return false
    }
}
