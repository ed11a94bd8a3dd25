import Core

/// A function of a value and literal or variable arguments. Every filter but `default` gives nil for nil, so that a missing
/// variable stays missing through a chain.
enum Filter: String, Sendable, CaseIterable {
    case `default`
    case upcase, downcase, capitalize, truncate, strip, append, prepend, replace, size, first
    case urlEncode = "url_encode"
    case date, round, plus, minus, times
    case dividedBy = "divided_by"

    /// How many arguments it takes.
    var arity: ClosedRange<Int> {
        switch self {
        case .upcase, .downcase, .capitalize, .strip, .size, .first, .urlEncode: 0...0
        case .round: 0...1
        case .default, .append, .prepend, .date, .plus, .minus, .times, .dividedBy: 1...1
        case .truncate: 1...2
        case .replace: 2...2
        }
    }

    /// Null when there is no value; nil when it would be larger than a text may be.
    func apply(_ value: JSONValue, _ arguments: [JSONValue]) -> JSONValue? {
        if self == .default {
            return !value.isTrue || value == .string("") || value == .array([]) ? arguments[0] : value
        }
        guard value != .null, !arguments.contains(.null) else { return .null }
        let result = switch self {
        case .round, .plus, .minus, .times, .dividedBy: arithmetic(value, arguments)
        case .size: size(of: value)
        case .first: value.array?.first ?? .null
        default: text(value, arguments)
        }
        guard let result else { return nil }
        if case .string(let text) = result, text.utf8.count > Template.maxOutputBytes { return nil }
        return result
    }

    private func size(of value: JSONValue) -> JSONValue {
        if let elements = value.array { return JSONValue(elements.count) }
        return value.rendered.map { JSONValue($0.count) } ?? .null
    }

    // Unicode's own case mappings are wanted here: these are words for people.
    private func text(_ value: JSONValue, _ arguments: [JSONValue]) -> JSONValue? {
        guard let text = value.rendered else { return .null }
        let words = arguments.compactMap(\.rendered)
        guard words.count == arguments.count else { return .null }
        switch self {
        case .upcase: return .string(text.uppercased())
        case .downcase: return .string(text.lowercased())
        case .capitalize: return .string(text.prefix(1).uppercased() + text.dropFirst().lowercased())
        case .strip: return .string(String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()))
        case .append: return .string(text + words[0])
        case .prepend: return .string(words[0] + text)
        case .replace: return replace(text, words[0], words[1])
        case .truncate:
            guard let length = arguments[0].asNumber?.int else { return .null }
            return .string(truncate(text, to: length, words.count > 1 ? words[1] : "…"))
        case .urlEncode: return .string(urlEncode(text))
        case .date: return DateText(text).map { .string(DateFormat.text(of: $0, format: words[0])) } ?? .null
        default: return .null
        }
    }

    /// At most `length` characters, the ellipsis included.
    private func truncate(_ text: String, to length: Int64, _ ellipsis: String) -> String {
        let limit = Int(max(0, min(length, Int64(Template.maxOutputBytes))))
        guard text.count > limit else { return text }
        return text.prefix(max(0, limit - ellipsis.count)) + ellipsis
    }

    /// Bounded while it grows: a short text of matches and a long replacement make gigabytes.
    private func replace(_ text: String, _ part: String, _ replacement: String) -> JSONValue? {
        guard !part.isEmpty else { return .string(text) }
        let (bytes, part) = (Array(text.utf8), Array(part.utf8))
        var out: [UInt8] = []
        var at = 0
        while let range = bytes.firstRange(of: part, from: at) {
            out += bytes[at..<range.lowerBound]
            out += replacement.utf8
            at = range.upperBound
            guard out.count <= Template.maxOutputBytes else { return nil }
        }
        out += bytes[at...]
        // Whole characters were replaced by whole characters: UTF-8 is self-synchronising.
        return .string(String(decoding: out, as: UTF8.self))
    }

    /// RFC 3986 section 2.3: everything but the unreserved characters becomes `%XX`.
    private func urlEncode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in text.utf8 {
            let isUnreserved = byte.isASCIILetter || byte.isASCIIDigit || "-._~".utf8.contains(byte)
            out += isUnreserved ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Integers stay integers while they fit (`divided_by` rounds down); null for what is no number, and for a division by zero.
    private func arithmetic(_ value: JSONValue, _ arguments: [JSONValue]) -> JSONValue {
        guard let left = value.asNumber else { return .null }
        if self == .round { return round(left, digits: arguments.first) }
        guard let right = arguments.first?.asNumber else { return .null }
        if case .int(let a) = left, case .int(let b) = right, let result = integer(a, b) { return result }
        guard let a = left.number, let b = right.number else { return .null }
        let result = switch self {
        case .plus: a + b
        case .minus: a - b
        case .times: a * b
        default: a / b
        }
        return result.isFinite ? .double(result) : .null
    }

    /// Nil when the result does not fit.
    private func integer(_ a: Int64, _ b: Int64) -> JSONValue? {
        let (result, overflow) = switch self {
        case .plus: a.addingReportingOverflow(b)
        case .minus: a.subtractingReportingOverflow(b)
        case .times: a.multipliedReportingOverflow(by: b)
        default: b == 0 ? (0, true) : a.dividedReportingOverflow(by: b)
        }
        if overflow { return self == .dividedBy && b == 0 ? .null : nil }
        let roundsDown = self == .dividedBy && a % b != 0 && (a < 0) != (b < 0)
        return .int(roundsDown ? result - 1 : result)
    }

    private func round(_ value: JSONValue, digits: JSONValue?) -> JSONValue {
        guard case .double(let number) = value else { return value }
        guard let digits else { return Int64(exactly: number.rounded()).map(JSONValue.int) ?? .double(number.rounded()) }
        guard let places = digits.asNumber?.int, (0...12).contains(places) else { return .null }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = (number * scale).rounded()
        return scaled.isFinite ? .double(scaled / scale) : .double(number)
    }
}
