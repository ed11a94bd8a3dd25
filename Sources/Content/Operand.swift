import Core

/// A literal, or the name of a variable, resolved as far as can be when the template is compiled.
enum Operand: Sendable {
    case literal(JSONValue)
    case variable(Variable, source: String)

    enum Variable: Sendable {
        case externalID, language, country, timezone, tags
        /// An attribute, and the way into it when it is an object.
        case attribute([String])
        case campaignID, campaignName
        case channel, subscriptionLanguage, appVersion
        case url
    }

    func value(in scope: Scope) -> JSONValue {
        switch self {
        case .literal(let value): value
        case .variable(let variable, _): scope.value(of: variable)
        }
    }

    /// As written, for messages.
    var source: String {
        switch self {
        case .literal: "a literal"
        case .variable(_, let source): source
        }
    }
}

/// What one rendering may read.
struct Scope {
    let variables: Variables
    let url: String?

    func value(of variable: Operand.Variable) -> JSONValue {
        switch variable {
        case .externalID: return .string(variables.profile.externalID)
        case .language: return JSONValue(variables.profile.language)
        case .country: return JSONValue(variables.profile.country)
        case .timezone: return JSONValue(variables.profile.timezone)
        case .tags: return .array(variables.profile.tags.map(JSONValue.string))
        case .attribute(let path):
            var value = JSONValue.object(variables.profile.attributes)
            for name in path { value = value[name] ?? .null }
            return value
        case .campaignID: return JSONValue(variables.campaign.id)
        case .campaignName: return JSONValue(variables.campaign.name)
        case .channel: return JSONValue(variables.subscription.channel?.rawValue)
        case .subscriptionLanguage: return JSONValue(variables.subscription.language)
        case .appVersion: return JSONValue(variables.subscription.appVersion)
        case .url: return JSONValue(url)
        }
    }
}

extension Operand.Variable {
    /// The variable of a dotted name.
    ///
    /// - Throws: what is wrong with it, with a suggestion.
    init(path: [String], allowingURL: Bool) throws(UnknownVariable) {
        let rest = Array(path.dropFirst())
        let field = rest.first ?? ""
        switch path.first {
        case "profile":
            guard !field.isEmpty else { throw UnknownVariable(problem: "\"profile\" needs a field, such as profile.first_name") }
            self = switch field {
            case "external_id" where rest.count == 1: .externalID
            case "language" where rest.count == 1: .language
            case "country" where rest.count == 1: .country
            case "timezone" where rest.count == 1: .timezone
            case "tags" where rest.count == 1: .tags
            default: .attribute(rest)
            }
        case "campaign":
            self = try Operand.Variable.member(rest, of: "campaign", ["id": .campaignID, "name": .campaignName])
        case "subscription":
            self = try Operand.Variable.member(rest, of: "subscription", [
                "channel": .channel, "language": .subscriptionLanguage, "app_version": .appVersion,
            ])
        case "url" where rest.isEmpty:
            guard allowingURL else { throw UnknownVariable(problem: "the url cannot name itself") }
            self = .url
        default:
            let root = path.first ?? ""
            let roots = ["profile", "campaign", "subscription", "url"]
            throw UnknownVariable(problem: "unknown variable \"\(root)\": it must begin with profile, campaign or subscription, or be url"
                + Suggestion.text(for: root, among: roots))
        }
    }

    struct UnknownVariable: Error {
        let problem: String
    }

    private static func member(_ rest: [String], of root: String, _ fields: KeyValuePairs<String, Operand.Variable>) throws(UnknownVariable)
        -> Operand.Variable {
        if rest.count == 1, let found = fields.first(where: { $0.key == rest[0] }) { return found.value }
        let names = fields.map(\.key)
        throw UnknownVariable(problem: "\"\(root)\" has the fields \(names.joined(separator: ", "))"
            + Suggestion.text(for: rest.first ?? "", among: names))
    }
}
