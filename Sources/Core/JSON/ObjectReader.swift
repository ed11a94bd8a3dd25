/// Reads one JSON object field by field: wrong types, missing fields and unknown fields become errors
/// with a pointer; every `nil` it returns for a present field has been reported.
package struct ObjectReader {
    package let pointer: String
    package let errors: FieldErrors
    private let object: JSONObject
    private var known: [String] = []
    /// The first 64 members that were asked for, a bit for each.
    private var seen: UInt64 = 0

    /// Nil (and an error) when the value is no object.
    package init?(_ value: JSONValue, at pointer: String = "", errors: FieldErrors) {
        guard case .object(let object) = value else {
            errors.add(pointer, "wrong_type", "must be an object, not \(value.typeName)")
            return nil
        }
        self.init(object, at: pointer, errors: errors)
    }

    package init(_ object: JSONObject, at pointer: String = "", errors: FieldErrors) {
        self.object = object
        self.pointer = pointer
        self.errors = errors
        known.reserveCapacity(16)
    }

    package func pointer(to name: String) -> String { JSONPointer.join(pointer, name) }

    /// The raw member, null included; marks the name as known.
    package mutating func value(_ name: String) -> JSONValue? {
        known.append(name)
        guard let (index, value) = object.member(name) else { return nil }
        if index < 64 { seen |= 1 << UInt64(index) }
        return value
    }

    package mutating func has(_ name: String) -> Bool { value(name) != nil }

    package func fail(_ name: String, _ code: String, _ detail: String) {
        errors.add(pointer(to: name), code, detail)
    }

    package mutating func string(_ name: String, maxBytes: Int = 1_024) -> String? {
        value(name).flatMap { text(name, $0, maxBytes) }
    }

    /// A string that must be there and must not be empty.
    package mutating func requiredString(_ name: String, maxBytes: Int = 1_024) -> String? {
        guard let value = value(name) else { return missing(name) }
        guard let text = text(name, value, maxBytes) else { return nil }
        guard !text.isEmpty else {
            fail(name, "invalid_value", "must not be empty")
            return nil
        }
        return text
    }

    private func text(_ name: String, _ value: JSONValue, _ maxBytes: Int) -> String? {
        guard case .string(let text) = value else { return wrongType(name, value, "a string") }
        guard text.utf8.count <= maxBytes else {
            fail(name, "too_long", "must be at most \(maxBytes) bytes, is \(text.utf8.count)")
            return nil
        }
        guard !text.containsNUL else {
            fail(name, "invalid_value", "must not contain U+0000")
            return nil
        }
        return text
    }

    package mutating func int(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = value(name) else { return nil }
        guard let number = value.integer else { return wrongType(name, value, "an integer") }
        guard range.contains(number) else {
            fail(name, "out_of_range", "must be between \(range.lowerBound) and \(range.upperBound)")
            return nil
        }
        return number
    }

    package mutating func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = value(name) else { return nil }
        guard let number = value.number else { return wrongType(name, value, "a number") }
        guard range.contains(number) else {
            fail(name, "out_of_range", "must be between \(range.lowerBound) and \(range.upperBound)")
            return nil
        }
        return number
    }

    package mutating func bool(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .bool(let flag) = value else { return wrongType(name, value, "true or false") }
        return flag
    }

    package mutating func array(_ name: String, maxCount: Int = 1_000) -> [JSONValue]? {
        guard let value = value(name) else { return nil }
        guard case .array(let elements) = value else { return wrongType(name, value, "an array") }
        guard elements.count <= maxCount else {
            fail(name, "too_many", "must hold at most \(maxCount) elements, holds \(elements.count)")
            return nil
        }
        return elements
    }

    package mutating func strings(_ name: String, maxCount: Int = 1_000, maxBytes: Int = 1_024) -> [String]? {
        guard let elements = array(name, maxCount: maxCount) else { return nil }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element else {
                errors.add(JSONPointer.join(pointer(to: name), index), "wrong_type", "must be a string, not \(element.typeName)")
                return nil
            }
            guard !text.isEmpty, text.utf8.count <= maxBytes, !text.containsNUL else {
                errors.add(JSONPointer.join(pointer(to: name), index), "invalid_value",
                           "must be a string of 1 to \(maxBytes) bytes")
                return nil
            }
            texts.append(text)
        }
        return texts
    }

    /// A nested object to read in turn.
    package mutating func reader(_ name: String) -> ObjectReader? {
        guard let value = value(name) else { return nil }
        return ObjectReader(value, at: pointer(to: name), errors: errors)
    }

    /// An RFC 3339 time.
    package mutating func timestamp(_ name: String) -> Timestamp? {
        guard let text = string(name) else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            fail(name, "invalid_value", "must be an RFC 3339 time such as 2026-03-01T09:00:00Z")
            return nil
        }
        return time
    }

    /// An ISO 8601 duration.
    package mutating func duration(_ name: String) -> Duration? {
        guard let text = string(name) else { return nil }
        guard let duration = Duration(iso8601: text) else {
            fail(name, "invalid_value", "must be an ISO 8601 duration in weeks, days, hours, minutes or seconds, such as P30D or PT10M")
            return nil
        }
        return duration
    }

    /// One word of a closed list.
    ///
    /// - Parameter offered: those that may be chosen here; nil for all there are.
    package mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type = Choice.self, among offered: [Choice]? = nil
    ) -> Choice? where Choice.RawValue == String {
        guard let text = string(name) else { return nil }
        guard let choice = Choice(rawValue: text), offered?.contains(where: { $0.rawValue == text }) ?? true else {
            let words = (offered ?? Array(Choice.allCases)).map(\.rawValue)
            fail(name, "invalid_value", "must be one of \(words.joined(separator: ", "))\(Suggestion.text(for: text, among: words))")
            return nil
        }
        return choice
    }

    package func missing<Value>(_ name: String) -> Value? {
        fail(name, "missing", "is required")
        return nil
    }

    /// Reports every member that no call above has asked for.
    package func finish() {
        if seen.nonzeroBitCount == object.count { return }
        for member in object.members where !known.contains(member.name) {
            fail(member.name, "unknown_field", "is not a known field\(Suggestion.text(for: member.name, among: known))")
        }
    }

    private func wrongType<Value>(_ name: String, _ value: JSONValue, _ wanted: String) -> Value? {
        fail(name, "wrong_type", "must be \(wanted), not \(value.typeName)")
        return nil
    }
}
