package import Core

extension Condition {
    /// Reads a condition; nil when a problem was added, each at the JSON Pointer of the wrong place.
    package init?(_ json: JSONValue, at pointer: String = "", errors: FieldErrors) {
        var parser = ConditionParser(errors: FieldErrors())
        let condition = parser.condition(json, at: pointer, depth: 1)
        if parser.statements > ConditionParser.maxStatements {
            parser.errors.add(pointer, "too_many",
                              "must hold at most \(ConditionParser.maxStatements) statements, holds \(parser.statements)")
        }
        for error in parser.errors.list { errors.add(error.pointer, error.code, error.detail) }
        // An unknown field makes the condition another one than was meant: any error at all refuses the whole.
        guard parser.errors.isEmpty, let condition else { return nil }
        self = condition
    }
}

/// Reads the tree and counts what it holds. It goes on after an error, so that one answer names every wrong place.
struct ConditionParser {
    static let maxDepth = 16
    static let maxStatements = 200
    static let maxListCount = 1_000

    let errors: FieldErrors
    var statements = 0

    init(errors: FieldErrors) { self.errors = errors }

    /// What makes an object a statement of one kind. `within` beside `event` is the event's own field.
    private enum Keyword: String, CaseIterable {
        case and, or, not, all, attribute, tag, language, country, within, event, subscribed
        case lastSeen = "last_seen"
        case appVersion = "app_version"
        case segment, campaign, bucket
    }

    mutating func condition(_ json: JSONValue, at pointer: String, depth: Int) -> Condition? {
        guard admits(depth: depth, at: pointer), var reader = ObjectReader(json, at: pointer, errors: errors),
            let keyword = keyword(of: json.object ?? JSONObject(), at: pointer)
        else { return nil }
        let condition = statement(keyword, &reader, depth: depth)
        reader.finish()
        return condition
    }

    /// Bounds the recursion of this parser and everything that walks the tree later.
    func admits(depth: Int, at pointer: String) -> Bool {
        if depth > ConditionParser.maxDepth {
            errors.add(pointer, "too_deep", "must nest at most \(ConditionParser.maxDepth) levels")
        }
        return depth <= ConditionParser.maxDepth
    }

    private func keyword(of object: JSONObject, at pointer: String) -> Keyword? {
        var found = object.members.compactMap { Keyword(rawValue: $0.name) }
        if found.contains(.event) { found.removeAll { $0 == .within } }
        switch found.count {
        case 1: return found[0]
        case 0:
            noStatement(object, at: pointer)
        default:
            let names = found.map { "\"\($0.rawValue)\"" }.joined(separator: " and ")
            errors.add(pointer, "ambiguous", "must be one statement, has \(names): combine them with \"and\" or \"or\"")
        }
        return nil
    }

    /// Names the field that was meant to be the statement: the first one near a known word, else the first that goes with none.
    private func noStatement(_ object: JSONObject, at pointer: String) {
        let words = Keyword.allCases.map(\.rawValue)
        let companions = ["op", "value", "state"]
        let names = object.members.map(\.name).filter { !companions.contains($0) }.prefix(16)
        let near = names.first { Suggestion.nearest(to: $0, among: words) != nil }
        guard let name = near ?? names.first else {
            errors.add(pointer, "unknown_condition", "must have one of the fields \(words.joined(separator: ", "))")
            return
        }
        let hint = near == nil ? "; there are \(words.joined(separator: ", "))" : Suggestion.text(for: name, among: words)
        errors.add(JSONPointer.join(pointer, name), "unknown_condition", "\(Quotation(name)) is no statement\(hint)")
    }

    private mutating func statement(_ keyword: Keyword, _ reader: inout ObjectReader, depth: Int) -> Condition? {
        switch keyword {
        case .and: return children("and", &reader, depth: depth).map(Condition.and)
        case .or: return children("or", &reader, depth: depth).map(Condition.or)
        case .not:
            guard let value = reader.value("not") else { return nil }
            return condition(value, at: reader.pointer(to: "not"), depth: depth + 1).map(Condition.not)
        default:
            statements += 1
            return leaf(keyword, &reader, depth: depth)
        }
    }

    private mutating func children(_ name: String, _ reader: inout ObjectReader, depth: Int) -> [Condition]? {
        guard let elements = reader.array(name, maxCount: ConditionParser.maxStatements) else { return nil }
        guard !elements.isEmpty else {
            reader.fail(name, "invalid_value", "must not be empty; {\"all\":true} is everyone")
            return nil
        }
        let children = elements.enumerated().map { index, element in
            condition(element, at: JSONPointer.join(reader.pointer(to: name), index), depth: depth + 1)
        }
        return children.contains { $0 == nil } ? nil : children.compactMap(\.self)
    }

    private mutating func leaf(_ keyword: Keyword, _ reader: inout ObjectReader, depth: Int) -> Condition? {
        switch keyword {
        case .and, .or, .not: return nil
        case .all:
            guard let flag = reader.bool("all") else { return nil }
            guard flag else {
                reader.fail("all", "invalid_value", "must be true; nobody is {\"not\":{\"all\":true}}")
                return nil
            }
            return .all
        case .attribute:
            return fieldTest(named: "attribute", &reader).map(Condition.attribute)
        case .tag: return reader.words("tag").map(Condition.tag)
        case .language:
            return reader.words("language", "a BCP 47 language such as fr or fr-CA", where: LanguageTag.isValid)
                .map { .language($0.map(\.asciiLowercased)) }
        case .country:
            let isCountry = { (text: String) in text.utf8.count == 2 && text.utf8.allSatisfy(\.isASCIILetter) }
            return reader.words("country", "an ISO 3166-1 country of two letters such as FR", where: isCountry)
                .map { .country($0.map(\.asciiUppercased)) }
        case .within: return circle(&reader)
        case .event: return eventTest(&reader, depth: depth).map(Condition.event)
        case .subscribed:
            guard var inner = reader.reader("subscribed") else { return nil }
            let channel = inner.choice("channel", of: Channel.self, among: Channel.delivered)
            let topic = inner.has("topic") ? inner.requiredString("topic", maxBytes: 256) : nil
            inner.finish()
            return .subscribed(channel: channel, topic: topic)
        case .lastSeen: return lastSeen(&reader)
        case .appVersion: return appVersion(&reader)
        case .segment: return reader.identifier("segment", SegmentID.self).map(Condition.segment)
        case .campaign: return campaign(&reader)
        case .bucket: return bucket(&reader)
        }
    }

    private func circle(_ reader: inout ObjectReader) -> Condition? {
        guard var inner = reader.reader("within") else { return nil }
        // Half the equator is the farthest that two places are apart.
        let latitude = inner.required("lat") { $0.number($1, in: -90...90) }
        let longitude = inner.required("lon") { $0.number($1, in: -180...180) }
        let radius = inner.required("radius_m") { $0.number($1, in: 1...20_037_508) }
        inner.finish()
        guard let latitude, let longitude, let radius else { return nil }
        return .within(Circle(latitude: latitude, longitude: longitude, radiusMeters: radius))
    }

    private func lastSeen(_ reader: inout ObjectReader) -> Condition? {
        enum Operator: String, CaseIterable {
            case before, after
            case withinLast = "within_last"
            case isSet = "is_set"
            case isNotSet = "is_not_set"
        }
        guard var inner = reader.reader("last_seen") else { return nil }
        defer { inner.finish() }
        guard let word = inner.required("op", { $0.choice($1, of: Operator.self) }) else {
            _ = inner.value("value")
            return nil
        }
        switch word {
        case .before: return inner.required("value") { $0.moment($1) }.map { .lastSeen(.before($0)) }
        case .after: return inner.required("value") { $0.moment($1) }.map { .lastSeen(.after($0)) }
        case .withinLast: return inner.required("value") { $0.duration($1) }.map { .lastSeen(.withinLast($0)) }
        case .isSet: return .lastSeen(.isSet)
        case .isNotSet: return .lastSeen(.isNotSet)
        }
    }

    private func appVersion(_ reader: inout ObjectReader) -> Condition? {
        guard var inner = reader.reader("app_version") else { return nil }
        let comparison = inner.required("op") { $0.choice($1, of: Comparison.self) }
        let text = inner.requiredString("value", maxBytes: 64)
        inner.finish()
        guard let comparison, let text else { return nil }
        guard let version = AppVersionText(text) else {
            inner.fail("value", "invalid_value", "must be a version such as 5.2 or 5.10.1")
            return nil
        }
        return .appVersion(comparison, version)
    }

    private func campaign(_ reader: inout ObjectReader) -> Condition? {
        let id = reader.identifier("campaign", CampaignID.self)
        let state = reader.required("state") { $0.choice($1, of: DeliveryState.self) }
        guard let id, let state else { return nil }
        guard state.isTerminal else {
            reader.fail("state", "invalid_value", "must be a state that lasts: \(state.rawValue) passes by itself")
            return nil
        }
        return .campaign(id, state)
    }

    private func bucket(_ reader: inout ObjectReader) -> Condition? {
        guard var inner = reader.reader("bucket") else { return nil }
        let from = inner.required("from") { $0.hundredths($1) }
        let to = inner.required("to") { $0.hundredths($1) }
        inner.finish()
        guard let from, let to else { return nil }
        guard from < to else {
            inner.fail("to", "out_of_range", "must be greater than \"from\"")
            return nil
        }
        return .bucket(from..<to)
    }
}

extension ObjectReader {
    /// The field as `read` gives it; an absent one is reported.
    mutating func required<Value>(_ name: String, _ read: (inout ObjectReader, String) -> Value?) -> Value? {
        has(name) ? read(&self, name) : missing(name)
    }

    /// One word, or a list of them of which any will do.
    mutating func words(_ name: String, _ wanted: String = "a word", where isValid: (String) -> Bool = { _ in true }) -> [String]? {
        guard let value = value(name) else { return nil }
        let isList = value.array != nil
        guard let words = isList ? strings(name, maxCount: ConditionParser.maxListCount, maxBytes: 256)
            : requiredString(name, maxBytes: 256).map({ [$0] })
        else { return nil }
        if words.isEmpty { fail(name, "invalid_value", "must not be empty") }
        for (index, word) in words.enumerated() where !isValid(word) {
            let place = isList ? JSONPointer.join(pointer(to: name), index) : pointer(to: name)
            errors.add(place, "invalid_value", "must be \(wanted)")
        }
        return words.isEmpty || !words.allSatisfy(isValid) ? nil : words
    }

    mutating func identifier<ID: Identifier>(_ name: String, _ type: ID.Type) -> ID? {
        guard let text = requiredString(name) else { return nil }
        guard let id = ID(text) else {
            fail(name, "invalid_value", "must be an id such as \(ID(rawValue: 12))")
            return nil
        }
        return id
    }

    /// A date or an RFC 3339 time of any year.
    mutating func moment(_ name: String) -> Timestamp? {
        guard let text = string(name) else { return nil }
        guard let seconds = DateText(text)?.seconds, DateText.range.contains(seconds) else {
            fail(name, "invalid_value", "must be a date such as 2026-03-01 or an RFC 3339 time such as 2026-03-01T09:00:00Z")
            return nil
        }
        return .seconds(seconds)
    }

    /// A percentage with at most two decimals, as hundredths.
    fileprivate mutating func hundredths(_ name: String) -> Int64? {
        guard let percent = number(name, in: 0...100) else { return nil }
        let hundredths = (percent * 100).rounded()
        guard abs(percent * 100 - hundredths) < 1e-6 else {
            fail(name, "invalid_value", "must have at most two decimals")
            return nil
        }
        return Int64(hundredths)
    }
}

extension String {
    fileprivate var asciiUppercased: String {
        String(decoding: utf8.map { $0.isASCIILetter ? $0 & ~0x20 : $0 }, as: UTF8.self)
    }
}
