import Core

/// The words of `op` for an attribute or a property.
private enum Operator: String, CaseIterable {
    case eq, ne
    case isIn = "in"
    case isNotIn = "not_in"
    case gt, gte, lt, lte, between, contains
    case startsWith = "starts_with"
    case isSet = "is_set"
    case isNotSet = "is_not_set"
    case before, after
    case withinLast = "within_last"
    case withinNext = "within_next"
    case anniversaryIn = "anniversary_in"
}

extension ConditionParser {
    /// `{"<keyword>":"tier","op":"in","value":["gold"]}`.
    func fieldTest(named keyword: String, _ reader: inout ObjectReader) -> FieldTest? {
        let name = reader.requiredString(keyword, maxBytes: 256)
        guard let word = reader.required("op", { $0.choice($1, of: Operator.self) }) else {
            _ = reader.value("value")
            return nil
        }
        guard let test = valueTest(word, &reader), let name else { return nil }
        return FieldTest(name, test)
    }

    private func valueTest(_ word: Operator, _ reader: inout ObjectReader) -> ValueTest? {
        switch word {
        case .isSet: .isSet
        case .isNotSet: .isNotSet
        case .eq: reader.required("value") { $0.scalar($1) }.map { .isIn([$0]) }
        case .ne: reader.required("value") { $0.scalar($1) }.map { .isNotIn([$0]) }
        case .isIn: reader.required("value") { $0.scalars($1) }.map(ValueTest.isIn)
        case .isNotIn: reader.required("value") { $0.scalars($1) }.map(ValueTest.isNotIn)
        case .gt: reader.required("value") { $0.ordered($1) }.map { .compare(.gt, $0) }
        case .gte: reader.required("value") { $0.ordered($1) }.map { .compare(.gte, $0) }
        case .lt: reader.required("value") { $0.ordered($1) }.map { .compare(.lt, $0) }
        case .lte: reader.required("value") { $0.ordered($1) }.map { .compare(.lte, $0) }
        case .between: reader.required("value") { $0.bounds($1) }
        case .contains: reader.required("value") { $0.scalar($1) }.map(ValueTest.contains)
        case .startsWith: reader.requiredString("value").map(ValueTest.startsWith)
        case .before: reader.required("value") { $0.moment($1) }.map { .date(.before($0)) }
        case .after: reader.required("value") { $0.moment($1) }.map { .date(.after($0)) }
        case .withinLast: reader.required("value") { $0.duration($1) }.map { .date(.withinLast($0)) }
        case .withinNext: reader.required("value") { $0.duration($1) }.map { .date(.withinNext($0)) }
        case .anniversaryIn: reader.required("value") { $0.days($1) }.map { .date(.anniversaryIn(days: $0)) }
        }
    }
}

extension ObjectReader {
    fileprivate mutating func scalar(_ name: String) -> Scalar? {
        guard let value = value(name) else { return nil }
        return scalar(value, at: pointer(to: name), "a string, a number, true or false")
    }

    private func scalar(_ value: JSONValue, at pointer: String, _ wanted: String) -> Scalar? {
        switch value {
        case .bool(let flag): return .bool(flag)
        case .int(let number): return .number(.int(number))
        // A Double that JSON cannot hold comes from no JSON; refused, because the text of it would be `null`.
        case .double(let number) where number.isFinite: return .number(.double(number))
        case .string(let text):
            guard text.utf8.count <= 1_024, !text.utf8.contains(0) else {
                errors.add(pointer, "invalid_value", "must be at most 1024 bytes without U+0000")
                return nil
            }
            return .string(text)
        default:
            errors.add(pointer, "wrong_type", "must be \(wanted), not \(value.typeName)")
            return nil
        }
    }

    fileprivate mutating func scalars(_ name: String) -> [Scalar]? {
        guard let elements = array(name, maxCount: ConditionParser.maxListCount) else { return nil }
        guard !elements.isEmpty else {
            fail(name, "invalid_value", "must not be empty")
            return nil
        }
        let scalars = elements.enumerated().map { index, element in
            scalar(element, at: JSONPointer.join(pointer(to: name), index), "a string, a number, true or false")
        }
        return scalars.contains { $0 == nil } ? nil : scalars.compactMap(\.self)
    }

    /// What has an order.
    fileprivate mutating func ordered(_ name: String) -> Scalar? {
        guard let value = value(name) else { return nil }
        return ordered(value, at: pointer(to: name))
    }

    private func ordered(_ value: JSONValue, at pointer: String) -> Scalar? {
        if case .bool = value {
            errors.add(pointer, "wrong_type", "must be a number or a string, not a boolean")
            return nil
        }
        return scalar(value, at: pointer, "a number or a string")
    }

    fileprivate mutating func bounds(_ name: String) -> ValueTest? {
        guard let elements = array(name) else { return nil }
        guard elements.count == 2 else {
            fail(name, "invalid_value", "must hold the lower and the upper bound")
            return nil
        }
        let place = pointer(to: name)
        let bounds = elements.enumerated().map { ordered($1, at: JSONPointer.join(place, $0)) }
        guard let lower = bounds[0], let upper = bounds[1] else { return nil }
        switch (lower, upper) {
        case (.number(let a), .number(let b)) where a.isAtMost(b): return .between(lower, upper)
        case (.string(let a), .string(let b)) where !b.utf8.lexicographicallyPrecedes(a.utf8): return .between(lower, upper)
        case (.number, .number), (.string, .string):
            fail(name, "out_of_range", "must begin with the lower bound")
        default:
            fail(name, "wrong_type", "must hold two numbers or two strings")
        }
        return nil
    }

    /// A duration of whole days, at most a leap year.
    fileprivate mutating func days(_ name: String) -> Int64? {
        guard let duration = duration(name) else { return nil }
        let (days, rest) = duration.components.seconds.quotientAndRemainder(dividingBy: 86_400)
        guard rest == 0, (1...366).contains(days) else {
            fail(name, "out_of_range", "must be whole days, from P1D (today only) to P366D")
            return nil
        }
        return days
    }
}

extension JSONNumber {
    /// Exact, also between integers that a Double cannot hold and fractions.
    fileprivate func isAtMost(_ other: JSONNumber) -> Bool {
        switch (self, other) {
        case (.int(let a), .int(let b)): a <= b
        case (.int(let a), .double(let b)): Double(a) < b || (Double(a) == b && Int64(exactly: b).map { a <= $0 } ?? true)
        case (.double(let a), .int(let b)): a < Double(b) || (a == Double(b) && Int64(exactly: a).map { $0 <= b } ?? true)
        case (.double(let a), .double(let b)): a <= b
        }
    }
}
