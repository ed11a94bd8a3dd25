import Campaigns
import Core

/// Every channel this program delivers, with rules that take any address and refuse one option.
struct AnyRules: ChannelRules {
    let channel: Channel

    static let all: [Channel: any ChannelRules] = Dictionary(
        uniqueKeysWithValues: [Channel.apns, .fcm, .webpush, .messenger, .sms].map { ($0, AnyRules(channel: $0)) })

    func address(from value: JSONValue, at pointer: String, errors: FieldErrors) -> Address? { nil }

    func checkOptions(_ options: JSONObject, at pointer: String, errors: FieldErrors) {
        if options["bad"] != nil { errors.add(pointer + "/bad", "unknown_field", "is not a known field") }
    }
}

/// Reads a draft and keeps what is said against it.
struct Reading {
    let draft: CampaignDraft?
    let errors: [FieldError]

    init(_ json: String) throws {
        let found = FieldErrors()
        draft = CampaignDraft(try JSONValue(parsing: Array(json.utf8)), rules: AnyRules.all, errors: found)
        errors = found.list
    }

    /// `pointer code` of each problem.
    var problems: [String] { errors.map { "\($0.pointer) \($0.code)" } }

    static let complete = #"""
        {"name":"Ventes privées","audience":{"all":true},"channels":["apns","sms"],
         "content":{"default_language":"fr","fr":{"title":"Bonjour","body":"C'est parti"}}}
        """#
}
