import Core

/// What templates compute with: JSON values, read strictly. Null is "no such variable".
extension JSONValue {
    /// Everything but null and false, as in Liquid.
    var isTrue: Bool { self != .null && self != .bool(false) }

    /// As it stands in a message; nil for what has no text: null, objects and lists that hold them.
    var rendered: String? {
        switch self {
        case .null, .object: return nil
        case .bool(let flag): return flag ? "true" : "false"
        case .int(let number): return String(number)
        case .double(let number): return String(number)
        case .string(let text): return text
        case .array(let elements):
            var texts: [String] = []
            for element in elements {
                if case .array = element { return nil }
                guard let text = element.rendered else { return nil }
                texts.append(text)
            }
            return texts.joined(separator: ", ")
        }
    }

    /// The value as a number; a string counts when it is one in JSON's spelling (imports from CSV make strings).
    var asNumber: JSONValue? {
        switch self {
        case .int, .double: return self
        case .string(let text):
            guard text.utf8.count <= 32, let value = try? JSONValue(parsing: Array(text.utf8)) else { return nil }
            return value.number == nil ? nil : value
        default: return nil
        }
    }

    /// Numbers by value, strings by bytes, other types only when both are the same.
    func equals(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.string(let a), .string(let b)): a.hasBytes(of: b)
        case (.int, .double), (.double, .int): number == other.number
        default: self == other
        }
    }

    /// Nil when the two have no common order.
    func precedes(_ other: JSONValue) -> Bool? {
        switch (self, other) {
        case (.string(let a), .string(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.int(let a), .int(let b)): a < b
        default: number.flatMap { a in other.number.map { a < $0 } }
        }
    }

    /// A string holds a string, a list an element.
    func contains(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.array(let elements), _): elements.contains { $0.equals(other) }
        case (.string(let text), .string(let part)): Array(text.utf8).firstRange(of: Array(part.utf8), from: 0) != nil
        default: false
        }
    }
}

extension [UInt8] {
    /// Where `part` stands at or after `start`; the empty part stands everywhere.
    func firstRange(of part: [UInt8], from start: Int) -> Range<Int>? {
        guard let first = part.first else { return start <= count ? start..<start : nil }
        var at = start
        while at + part.count <= count {
            if self[at] == first, self[at..<at + part.count].elementsEqual(part) { return at..<at + part.count }
            at += 1
        }
        return nil
    }
}
