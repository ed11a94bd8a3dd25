package import Core

extension Condition {
    /// The condition as JSON in one fixed spelling; reading it gives the same condition.
    package var normalizedJSON: JSONValue {
        switch self {
        case .and(let children): ["and": .array(children.map(\.normalizedJSON))]
        case .or(let children): ["or": .array(children.map(\.normalizedJSON))]
        case .not(let child): ["not": child.normalizedJSON]
        case .all: ["all": true]
        case .attribute(let test): test.json(named: "attribute")
        case .tag(let words): ["tag": oneOrMany(words)]
        case .language(let words): ["language": oneOrMany(words)]
        case .country(let words): ["country": oneOrMany(words)]
        case .within(let circle):
            ["within": ["lat": .double(circle.latitude), "lon": .double(circle.longitude), "radius_m": .double(circle.radiusMeters)]]
        case .event(let test): test.json
        case .subscribed(let channel, let topic):
            ["subscribed": compact([("channel", channel.map { .string($0.rawValue) }), ("topic", topic.map(JSONValue.string))])]
        case .lastSeen(let test): ["last_seen": compact([("op", .string(test.word)), ("value", test.operand)])]
        case .appVersion(let comparison, let version):
            ["app_version": ["op": .string(comparison.rawValue), "value": .string(version.text)]]
        case .segment(let id): ["segment": .string(id.description)]
        case .campaign(let id, let state): ["campaign": .string(id.description), "state": .string(state.rawValue)]
        case .bucket(let range): ["bucket": ["from": percent(range.lowerBound), "to": percent(range.upperBound)]]
        }
    }
}

extension FieldTest {
    fileprivate func json(named keyword: String) -> JSONValue {
        let (word, operand): (String, JSONValue?) = switch test {
        case .isSet: ("is_set", nil)
        case .isNotSet: ("is_not_set", nil)
        case .isIn(let scalars) where scalars.count == 1: ("eq", scalars[0].json)
        case .isIn(let scalars): ("in", .array(scalars.map(\.json)))
        case .isNotIn(let scalars) where scalars.count == 1: ("ne", scalars[0].json)
        case .isNotIn(let scalars): ("not_in", .array(scalars.map(\.json)))
        case .compare(let comparison, let scalar): (comparison.rawValue, scalar.json)
        case .between(let lower, let upper): ("between", [lower.json, upper.json])
        case .contains(let scalar): ("contains", scalar.json)
        case .startsWith(let text): ("starts_with", .string(text))
        case .date(.before(let time)): ("before", .string(time.description))
        case .date(.after(let time)): ("after", .string(time.description))
        case .date(.withinLast(let duration)): ("within_last", .string(duration.iso8601))
        case .date(.withinNext(let duration)): ("within_next", .string(duration.iso8601))
        case .date(.anniversaryIn(let days)): ("anniversary_in", .string("P\(days)D"))
        }
        return compact([(keyword, .string(name)), ("op", .string(word)), ("value", operand)])
    }
}

extension EventTest {
    fileprivate var json: JSONValue {
        var object: JSONObject = ["event": .string(name)]
        object["within"] = within.map { .string($0.iso8601) }
        object["after"] = after.map { .string($0.description) }
        object["before"] = before.map { .string($0.description) }
        object["where"] = filter?.json
        func add(_ name: String, _ key: String, _ value: JSONValue?) {
            var inner = object[name]?.object ?? JSONObject()
            inner[key] = value
            object[name] = .object(inner)
        }
        for aggregate in aggregates {
            switch aggregate {
            case .count(let comparison, let number): add("count", comparison.rawValue, .int(number))
            case .sum(let property, let comparison, let number):
                add("sum", "property", .string(property))
                add("sum", comparison.rawValue, number.json)
            case .max(let property, let comparison, let number):
                add("max", "property", .string(property))
                add("max", comparison.rawValue, number.json)
            case .min(let property, let comparison, let number):
                add("min", "property", .string(property))
                add("min", comparison.rawValue, number.json)
            case .first(let test): add("first", test.word, test.operand)
            case .last(let test): add("last", test.word, test.operand)
            }
        }
        return .object(object)
    }
}

extension PropertyFilter {
    fileprivate var json: JSONValue {
        switch self {
        case .and(let children): ["and": .array(children.map(\.json))]
        case .or(let children): ["or": .array(children.map(\.json))]
        case .not(let child): ["not": child.json]
        case .property(let test): test.json(named: "property")
        }
    }
}

extension TimeTest {
    fileprivate var word: String {
        switch self {
        case .before: "before"
        case .after: "after"
        case .withinLast: "within_last"
        case .isSet: "is_set"
        case .isNotSet: "is_not_set"
        }
    }

    fileprivate var operand: JSONValue? {
        switch self {
        case .before(let time), .after(let time): .string(time.description)
        case .withinLast(let duration): .string(duration.iso8601)
        case .isSet, .isNotSet: nil
        }
    }
}

extension Scalar {
    var json: JSONValue {
        switch self {
        case .string(let text): .string(text)
        case .number(let number): number.json
        case .bool(let flag): .bool(flag)
        }
    }
}

extension JSONNumber {
    var json: JSONValue {
        switch self {
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        }
    }
}

private func compact(_ members: [(String, JSONValue?)]) -> JSONValue {
    .object(JSONObject(members.compactMap { name, value in value.map { JSONObject.Member(name: name, value: $0) } }))
}

private func oneOrMany(_ words: [String]) -> JSONValue {
    words.count == 1 ? .string(words[0]) : .array(words.map(JSONValue.string))
}

/// Hundredths of a percent as a percentage.
private func percent(_ hundredths: Int64) -> JSONValue {
    hundredths % 100 == 0 ? .int(hundredths / 100) : .double(Double(hundredths) / 100)
}
