import APNs
import Campaigns
import Content
import Core
import FCM
import Messenger
import SMS
import Segmentation
import WebPush

/// What marketers and apps write: JSON, conditions, templates, campaigns.
enum DocumentTargets {
    private static let now = Timestamp.seconds(1_800_000_000)

    /// What was read and written is read the same again.
    static func json(_ bytes: [UInt8]) {
        guard let value = try? JSONValue(parsing: bytes) else { return }
        guard let again = try? JSONValue(parsing: value.bytes) else { preconditionFailure("what was written cannot be read") }
        precondition(again == value, "what was written is read as something else")
    }

    /// What arrives in pieces is read as what it is in one, and no record is longer or wider than one may be.
    static func csv(_ bytes: [UInt8]) {
        let whole = items(of: bytes, step: max(1, bytes.count))
        precondition(items(of: bytes, step: 1 + bytes.count % 7) == whole, "a CSV text means something else in pieces")
        for case .record(let record) in whole {
            precondition(record.fields.reduce(record.fields.count - 1) { $0 + $1.utf8.count } <= 256, "a record is longer than the limit")
        }
        let widths = Set(whole.compactMap { if case .record(let record) = $0 { record.fields.count } else { nil } })
        precondition(widths.count <= 1 && (widths.first ?? 1) <= 16, "records differ in width, or have more fields than the limit")
    }

    private static func items(of bytes: [UInt8], step: Int) -> [CSVItem] {
        var reader = CSVReader(maxRecordBytes: 256, maxFields: 16)
        var items: [CSVItem] = []
        for start in stride(from: 0, to: bytes.count, by: step) { items += reader.read(Array(bytes[start..<min(bytes.count, start + step)])) }
        if let last = reader.finish() { items.append(last) }
        return items
    }

    static func times(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        if let time = Timestamp(rfc3339: text) {
            precondition(Timestamp(rfc3339: time.description) == time, "a time is written as another")
        }
        _ = Timestamp(httpDate: text)
        _ = Duration(iso8601: text)
        _ = AppVersionText(text)
        _ = PhoneNumber(e164: text)
        _ = LanguageTag.isValid(text)
    }

    /// Every condition that is taken compiles to SQL with as many arguments as places, none of them in its text.
    static func condition(_ bytes: [UInt8]) {
        let errors = FieldErrors()
        guard let json = try? JSONValue(parsing: bytes), let condition = Condition(json, errors: errors), errors.isEmpty else { return }
        let normalized = condition.normalizedJSON
        precondition(Condition(normalized, errors: errors)?.normalizedJSON == normalized, "a condition is written as another")
        // A condition can be too large for SQLite, or name a segment that is not there: that is told, not compiled.
        guard let fragment = try? compile(condition, CompilationContext(now: now)) else { return }
        precondition(fragment.sql.utf8.count { $0 == UInt8(ascii: "?") } == fragment.arguments.count, "arguments and places differ")
    }

    static func template(_ bytes: [UInt8]) {
        guard let source = String(validating: bytes, as: UTF8.self), let template = try? Template(source) else { return }
        let profile = Variables.Profile(externalID: "u1", language: "fr", tags: ["vip"], attributes: [
            "first_name": "Zoé", "points": 120, "ratio": 0.25, "born": "2001-02-03", "list": ["a", 1, nil], "on": true,
        ])
        if case .text(let text) = template.render(Variables(profile: profile), url: "https://shop.example/") {
            precondition(text.utf8.count <= Template.maxOutputBytes, "a text is longer than a text may be")
        }
    }

    private static let rules: [Channel: any ChannelRules] = [
        .apns: APNsRules(), .fcm: FCMRules(), .webpush: WebPushRules(), .messenger: MessengerRules(), .sms: SMSRules(),
    ]

    static func campaign(_ bytes: [UInt8]) {
        let errors = FieldErrors()
        guard let json = try? JSONValue(parsing: bytes), let draft = CampaignDraft(json, rules: rules, errors: errors), errors.isEmpty else { return }
        _ = CampaignPlan(draft, reachable: Set(rules.keys), errors: errors)
    }
}
