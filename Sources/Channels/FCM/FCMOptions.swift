internal import Core

/// `content.channels.fcm`: what Android can be told beyond the texts (Firebase, "REST Resource:
/// projects.messages", AndroidConfig and AndroidNotification).
///
/// | Option | Type | Meaning |
/// |---|---|---|
/// | `priority` | `high` `normal` | high; normal with `data_only` |
/// | `data_only` | boolean | nothing is shown by the system: the texts travel in `data`, the app shows them and can report |
/// | `channel_id`, `icon`, `sound`, `tag`, `click_action`, `ticker` | string | of the notification; `tag` is the campaign's key |
/// | `color` | `#rrggbb` | |
/// | `notification_count` | integer ≥ 0 | the number on the app's icon |
/// | `visibility` | `private` `public` `secret` | on the lock screen |
/// | `sticky` | boolean | |
/// | `restricted_package_name` | string | |
/// | `analytics_label` | 1 to 50 of `[A-Za-z0-9-_.~%]` | at most 100 different ones a day |
struct FCMOptions {
    enum Priority: String, CaseIterable { case high, normal }
    enum Visibility: String, CaseIterable { case `private`, `public`, secret }

    var priority: Priority?
    var isDataOnly = false
    var packageName: String?
    var analyticsLabel: String?
    /// Members of `android.notification`, ready to be written.
    var notification: [JSONObject.Member] = []

    /// Reads the options; every problem goes to `errors`.
    init(_ options: JSONObject, at pointer: String = "", errors: FieldErrors) {
        guard !options.isEmpty else { return }
        var reader = ObjectReader(options, at: pointer, errors: errors)
        priority = reader.choice("priority")
        isDataOnly = reader.bool("data_only") ?? false
        packageName = reader.string("restricted_package_name", maxBytes: 256)
        if let label = reader.string("analytics_label") {
            if FCMOptions.isLabel(label) {
                analyticsLabel = label
            } else {
                reader.fail("analytics_label", "invalid_value", "must be 1 to 50 letters, digits, -, _, ., ~ and %")
            }
        }
        for name in FCMOptions.texts {
            if let text = reader.string(name, maxBytes: 256) { add(name, .string(text)) }
        }
        if let color = reader.string("color") {
            if FCMOptions.isColor(color) {
                add("color", .string(color))
            } else {
                reader.fail("color", "invalid_value", "must be #rrggbb")
            }
        }
        if let count = reader.int("notification_count", in: 0...1_000_000) { add("notification_count", .int(count)) }
        if let visibility: Visibility = reader.choice("visibility") {
            add("visibility", .string(FCMOptions.wireName(visibility)))
        }
        if let isSticky = reader.bool("sticky") { add("sticky", .bool(isSticky)) }
        reader.finish()
    }

    private static let texts = ["channel_id", "icon", "sound", "tag", "click_action", "ticker"]

    private mutating func add(_ name: String, _ value: JSONValue) {
        notification.append(.init(name: name, value: value))
    }

    private static func wireName(_ visibility: Visibility) -> String {
        switch visibility {
        case .private: "PRIVATE"
        case .public: "PUBLIC"
        case .secret: "SECRET"
        }
    }

    private static func isColor(_ text: String) -> Bool {
        text.utf8.count == 7 && text.utf8.first == UInt8(ascii: "#") && text.utf8.dropFirst().allSatisfy { $0.hexDigit != nil }
    }

    private static func isLabel(_ text: String) -> Bool {
        (1...50).contains(text.utf8.count) && text.utf8.allSatisfy { byte in
            byte.isASCIILetter || byte.isASCIIDigit || "-_.~%".utf8.contains(byte)
        }
    }
}
