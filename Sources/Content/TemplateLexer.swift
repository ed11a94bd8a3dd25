import Core

/// Cuts a template into text and tokens. Works on bytes; every cut is beside an ASCII character, so no character is torn.
struct TemplateLexer {
    struct Token {
        enum Kind: Equatable {
            case word(String)
            case string(String)
            case number(JSONValue)
            case symbol(String)
            /// `}}` or `%}`
            case end(String)
        }

        let kind: Kind
        /// The byte where it begins.
        let start: Int
    }

    enum Opening { case output, tag }

    private let bytes: [UInt8]
    private(set) var at = 0
    /// Where the present `{{` or `{%` began.
    private var tagStart = 0
    /// The last tag ended with `-`: white space after it is dropped.
    private var trims = false

    init(_ source: String) { bytes = Array(source.utf8) }

    var count: Int { bytes.count }

    /// The text up to the next `{{` or `{%`, which is passed over; nil at the end.
    mutating func text() -> (String, Opening?) {
        var start = at
        if trims { while start < bytes.count, bytes[start].isTemplateSpace { start += 1 } }
        trims = false
        at = start
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "{"), at + 1 < bytes.count,
                bytes[at + 1] == UInt8(ascii: "{") || bytes[at + 1] == UInt8(ascii: "%") {
                let opening = bytes[at + 1] == UInt8(ascii: "{") ? Opening.output : .tag
                tagStart = at
                var end = at
                at += 2
                if at < bytes.count, bytes[at] == UInt8(ascii: "-") {
                    at += 1
                    while end > start, bytes[end - 1].isTemplateSpace { end -= 1 }
                }
                return (string(start..<end), opening)
            }
            at += 1
        }
        return (string(start..<at), nil)
    }

    mutating func next() throws(TemplateError) -> Token {
        skipSpace()
        guard at < bytes.count else {
            throw error(at: tagStart, bytes[tagStart + 1] == UInt8(ascii: "%") ? "\"{%\" without \"%}\"" : "\"{{\" without \"}}\"")
        }
        let start = at
        let byte = bytes[at]
        if byte.isWordStart {
            while at < bytes.count, bytes[at].isWordStart || bytes[at].isASCIIDigit, !isNoBreakSpace { at += 1 }
            return Token(kind: .word(string(start..<at)), start: start)
        }
        if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
            at += 1
            while at < bytes.count, bytes[at] != byte { at += 1 }
            guard at < bytes.count else { throw error(at: start, "a string without its closing quote") }
            at += 1
            return Token(kind: .string(string(start + 1..<at - 1)), start: start)
        }
        if byte.isASCIIDigit || (byte == UInt8(ascii: "-") && at + 1 < bytes.count && bytes[at + 1].isASCIIDigit) {
            at += 1
            while at < bytes.count, bytes[at].isASCIIDigit || bytes[at] == UInt8(ascii: ".") { at += 1 }
            guard let number = try? JSONValue(parsing: Array(bytes[start..<at])) else { throw error(at: start, "a number is not well-formed") }
            return Token(kind: .number(number), start: start)
        }
        for end in ["}}", "%}"] {
            if skip("-" + end) {
                trims = true
                return Token(kind: .end(end), start: start)
            }
            if skip(end) { return Token(kind: .end(end), start: start) }
        }
        for symbol in ["==", "!=", ">=", "<=", ">", "<", "|", ":", ",", ".", "[", "]"] where skip(symbol) {
            return Token(kind: .symbol(symbol), start: start)
        }
        throw error(at: start, "unexpected character")
    }

    /// Passes over the first of these symbols that stands here without space before it.
    mutating func skip(_ symbols: [String]) -> String? { symbols.first { skip($0) } }

    private mutating func skip(_ symbol: String) -> Bool {
        guard bytes[at...].starts(with: symbol.utf8) else { return false }
        at += symbol.utf8.count
        return true
    }

    func error(at offset: Int, _ problem: String) -> TemplateError {
        let before = bytes[..<min(offset, bytes.count)]
        let line = before.count { $0 == 0x0A } + 1
        let inLine = before.suffix(from: before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0)
        // Every byte but those that continue a scalar.
        return TemplateError(line: line, column: inLine.count { $0 & 0xC0 != 0x80 } + 1, problem: problem)
    }

    /// ASCII white space, and the no-break space that word processors put before French punctuation.
    private mutating func skipSpace() {
        while at < bytes.count {
            if bytes[at].isTemplateSpace {
                at += 1
            } else if isNoBreakSpace {
                at += 2
            } else {
                return
            }
        }
    }

    private var isNoBreakSpace: Bool { bytes[at] == 0xC2 && at + 1 < bytes.count && bytes[at + 1] == 0xA0 }

    private func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

extension TemplateLexer.Token.Kind {
    var words: String {
        switch self {
        case .word(let word): "\"\(word)\""
        case .string: "a string"
        case .number: "a number"
        case .symbol(let symbol): "\"\(symbol)\""
        case .end(let end): "\"\(end)\""
        }
    }
}

extension UInt8 {
    fileprivate var isTemplateSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }

    /// Letters of every script: all bytes outside ASCII count as letters.
    fileprivate var isWordStart: Bool { isASCIILetter || self == UInt8(ascii: "_") || self >= 0x80 }
}
