import Core

extension ConditionParser {
    /// `{"event":"purchase","within":"P30D","where":{…},"count":{"gte":2},"sum":{"property":"amount","gte":100},"last":{"before":"…"}}`.
    mutating func eventTest(_ reader: inout ObjectReader, depth: Int) -> EventTest? {
        let name = reader.requiredString("event", maxBytes: 256)
        let within = reader.duration("within")
        let after = reader.moment("after")
        let before = reader.moment("before")
        var filter: PropertyFilter?
        if let value = reader.value("where") {
            filter = self.filter(value, at: reader.pointer(to: "where"), depth: depth + 1)
        }
        var aggregates: [EventAggregate] = []
        if var inner = reader.reader("count") {
            let bounds = inner.comparisons { $0.int($1, in: 0...1_000_000_000) }
            inner.finish()
            aggregates += bounds.map { .count($0, $1) }
        }
        aggregates += propertyBounds("sum", &reader).map { .sum(property: $0, $1, $2) }
        aggregates += propertyBounds("max", &reader).map { .max(property: $0, $1, $2) }
        aggregates += propertyBounds("min", &reader).map { .min(property: $0, $1, $2) }
        aggregates += times("first", &reader).map(EventAggregate.first)
        aggregates += times("last", &reader).map(EventAggregate.last)
        if aggregates.isEmpty { aggregates = [.count(.gte, 1)] }
        guard let name else { return nil }
        return EventTest(name, within: within, after: after, before: before, where: filter, aggregates)
    }

    private mutating func filter(_ json: JSONValue, at pointer: String, depth: Int) -> PropertyFilter? {
        guard admits(depth: depth, at: pointer), var reader = ObjectReader(json, at: pointer, errors: errors) else { return nil }
        let words = ["and", "or", "not", "property"].filter { json[$0] != nil }
        guard words.count == 1, let word = words.first else {
            errors.add(pointer, words.isEmpty ? "unknown_condition" : "ambiguous",
                       "must have exactly one of the fields property, and, or, not")
            return nil
        }
        defer { reader.finish() }
        switch word {
        case "not":
            guard let value = reader.value("not") else { return nil }
            return filter(value, at: reader.pointer(to: "not"), depth: depth + 1).map(PropertyFilter.not)
        case "property":
            statements += 1
            return fieldTest(named: "property", &reader).map(PropertyFilter.property)
        default:
            guard let elements = reader.array(word, maxCount: ConditionParser.maxStatements) else { return nil }
            if elements.isEmpty { reader.fail(word, "invalid_value", "must not be empty") }
            let children = elements.enumerated().compactMap { index, element in
                filter(element, at: JSONPointer.join(reader.pointer(to: word), index), depth: depth + 1)
            }
            guard !children.isEmpty, children.count == elements.count else { return nil }
            return word == "and" ? .and(children) : .or(children)
        }
    }

    /// `{"property":"amount","gte":100,"lt":500}`.
    private func propertyBounds(_ name: String, _ reader: inout ObjectReader) -> [(String, Comparison, JSONNumber)] {
        guard var inner = reader.reader(name) else { return [] }
        let property = inner.requiredString("property", maxBytes: 256)
        let bounds = inner.comparisons { reader, word -> JSONNumber? in
            if case .int(let number)? = reader.value(word) { return .int(number) }
            return reader.number(word, in: -1e300...1e300).map(JSONNumber.double)
        }
        inner.finish()
        guard let property else { return [] }
        return bounds.map { (property, $0, $1) }
    }

    /// `{"after":"…","before":"…"}` or `{"within_last":"P7D"}`.
    private func times(_ name: String, _ reader: inout ObjectReader) -> [TimeTest] {
        guard var inner = reader.reader(name) else { return [] }
        var tests: [TimeTest] = []
        if let time = inner.moment("after") { tests.append(.after(time)) }
        if let time = inner.moment("before") { tests.append(.before(time)) }
        if let duration = inner.duration("within_last") { tests.append(.withinLast(duration)) }
        inner.finish()
        if !["after", "before", "within_last"].contains(where: { inner.has($0) }) { errors.add(inner.pointer, "missing", "must have one of the fields after, before, within_last") }
        return tests
    }
}

extension ObjectReader {
    /// Every one of the six comparisons that is there; at least one must be.
    fileprivate mutating func comparisons<Value>(_ read: (inout ObjectReader, String) -> Value?) -> [(Comparison, Value)] {
        var bounds: [(Comparison, Value)] = []
        var isEmpty = true
        for comparison in Comparison.allCases where has(comparison.rawValue) {
            isEmpty = false
            if let value = read(&self, comparison.rawValue) { bounds.append((comparison, value)) }
        }
        if isEmpty { errors.add(pointer, "missing", "must have one of the fields \(Comparison.allCases.map(\.rawValue).joined(separator: ", "))") }
        return bounds
    }
}
