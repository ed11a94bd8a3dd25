internal import Core

/// `content.channels.apns`: the keys of `aps` beyond the texts, and how the notification is to be delivered
/// (Apple, "Generating a remote notification").
///
/// | Option | Type | Meaning |
/// |---|---|---|
/// | `badge` | integer ≥ 0 | 0 clears |
/// | `sound` | string, or `{"critical":bool,"name","volume":0…1}` | `default` or a file in the app |
/// | `category`, `thread_id`, `target_content_id`, `filter_criteria`, `launch_image` | string | |
/// | `interruption_level` | `passive` `active` `time-sensitive` `critical` | |
/// | `relevance_score` | 0…1 | order in the summary |
/// | `mutable_content` | boolean | runs the service extension; on by itself with an image |
/// | `background` | boolean | wakes the app and shows nothing |
/// | `priority` | 1, 5, 10 | 10; background is always 5 |
struct APNsOptions {
    enum InterruptionLevel: String, CaseIterable {
        case passive, active, critical
        case timeSensitive = "time-sensitive"
    }

    var isBackground = false
    var priority: Int64?
    var isMutable: Bool?
    var launchImage: String?
    /// Members of `aps` in Apple's names, ready to be written.
    var aps: [JSONObject.Member] = []

    /// Reads the options; every problem goes to `errors`.
    init(_ options: JSONObject, at pointer: String = "", errors: FieldErrors) {
        guard !options.isEmpty else { return }
        var reader = ObjectReader(options, at: pointer, errors: errors)
        if let badge = reader.int("badge", in: 0...1_000_000) { add("badge", .int(badge)) }
        if let sound = APNsOptions.sound(in: &reader) { add("sound", sound) }
        for (option, name) in APNsOptions.texts {
            if let text = reader.string(option) { add(name, .string(text)) }
        }
        if let level: InterruptionLevel = reader.choice("interruption_level") {
            add("interruption-level", .string(level.rawValue))
        }
        if let score = reader.number("relevance_score", in: 0...1) { add("relevance-score", .double(score)) }
        launchImage = reader.string("launch_image")
        isMutable = reader.bool("mutable_content")
        isBackground = reader.bool("background") ?? false
        priority = reader.int("priority", in: 1...10)
        if let priority, ![1, 5, 10].contains(priority) { reader.fail("priority", "invalid_value", "must be 1, 5 or 10") }
        if isBackground {
            // A background push that shows or plays anything is an error (Apple, "Pushing background updates").
            for name in ["badge", "sound"] where reader.has(name) {
                reader.fail(name, "invalid_value", "cannot go with background")
            }
            if let priority, priority == 10 { reader.fail("priority", "invalid_value", "must not be 10 with background") }
        }
        reader.finish()
    }

    private static let texts = [
        ("category", "category"), ("thread_id", "thread-id"), ("target_content_id", "target-content-id"),
        ("filter_criteria", "filter-criteria"),
    ]

    private mutating func add(_ name: String, _ value: JSONValue) {
        aps.append(.init(name: name, value: value))
    }

    private static func sound(in reader: inout ObjectReader) -> JSONValue? {
        guard let value = reader.value("sound") else { return nil }
        guard case .object = value else { return reader.string("sound", maxBytes: 256).map(JSONValue.string) }
        guard var object = reader.reader("sound") else { return nil }
        var sound = JSONObject()
        if let isCritical = object.bool("critical") { sound["critical"] = isCritical ? 1 : 0 }
        if let name = object.requiredString("name", maxBytes: 256) { sound["name"] = .string(name) }
        if let volume = object.number("volume", in: 0...1) { sound["volume"] = .double(volume) }
        object.finish()
        return .object(sound)
    }
}
