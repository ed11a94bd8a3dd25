/// What a JSON text may hold at most.
package struct JSONLimits: Sendable {
    package var depth: Int
    package var members: Int

    package init(depth: Int = 32, members: Int = 10_000) {
        self.depth = depth
        self.members = members
    }
}

/// Why a text is not acceptable JSON, and at which byte.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    package let offset: Int
    package let problem: String
    /// The text is JSON, but holds a number that none of ours can hold.
    package var isOutOfRange = false

    package var description: String { "\(problem) at byte \(offset)" }
}

/// Checks one whole JSON text and notes where its values lie. Stricter than RFC 8259 where it lets parsers choose: UTF-8 is checked,
/// a duplicate name, a lone surrogate, a byte order mark and an integer outside Int64 are refused.
///
/// Recursive descent over bytes that outlive it; `limits.depth` bounds the recursion.
struct JSONScanner {
    /// What must lie behind the text: it is read in words of eight bytes, and a zero ends whatever goes on there.
    static let padding = 8

    private let bytes: UnsafePointer<UInt8>
    private let end: Int
    private let limits: JSONLimits
    private let tokens: UnsafeMutablePointer<JSONToken>
    private(set) var tokenCount = 0
    private var at = 0
    private var members = 0

    /// - Parameters:
    ///   - bytes: `count` bytes of text and `padding` zeros.
    ///   - tokens: room for `maxTokens` of that text.
    init(_ bytes: UnsafePointer<UInt8>, count: Int, into tokens: UnsafeMutablePointer<JSONToken>, limits: JSONLimits) {
        (self.bytes, end, self.tokens, self.limits) = (bytes, count, tokens, limits)
    }

    /// The most tokens that such a text can have: one for each value and each name, which have a byte between them unless they are
    /// brackets that open.
    static func maxTokens(of bytes: Int, limits: JSONLimits) -> Int { min(bytes / 2 + limits.depth, 2 * limits.members) + 1 }

    mutating func document() throws(JSONError) {
        guard end < UInt32.max else { throw fail("longer than 4 GiB") }
        skipSpace()
        try value(depth: 0)
        skipSpace()
        guard at == end else { throw fail("unexpected text after the value") }
    }

    private func fail(_ problem: String) -> JSONError { JSONError(offset: at, problem: problem) }

    /// Zero at the end, and for a zero in the text, which has no place in any.
    private var next: UInt8 { bytes[at] }
    private var isAtEnd: Bool { at == end }

    /// RFC 8259 section 2: space, tab, LF, CR and nothing else.
    @inline(__always) private mutating func skipSpace() {
        while next <= 0x20, next == 0x20 || next == 0x09 || next == 0x0A || next == 0x0D { at &+= 1 }
    }

    private mutating func value(depth: Int) throws(JSONError) {
        guard depth < limits.depth else { throw fail("nested deeper than \(limits.depth)") }
        switch next {
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "{"): try object(depth: depth)
        case UInt8(ascii: "["): try array(depth: depth)
        case UInt8(ascii: "t"): try literal("true", .true)
        case UInt8(ascii: "f"): try literal("false", .false)
        case UInt8(ascii: "n"): try literal("null", .null)
        case UInt8(ascii: "-"): try number()
        case let byte where byte.isASCIIDigit: try number()
        default: throw fail(isAtEnd ? "unexpected end" : "unexpected character")
        }
    }

    private mutating func literal(_ word: StaticString, _ kind: JSONToken.Kind) throws(JSONError) {
        let length = word.utf8CodeUnitCount
        guard end - at >= length else { throw fail("unexpected end") }
        for offset in 0..<length where bytes[at + offset] != word.utf8Start[offset] { throw fail("unexpected character") }
        add(kind, from: at, to: at + length)
        at += length
    }

    @inline(__always) private mutating func add(_ kind: JSONToken.Kind, from start: Int, to end: Int) {
        (tokens + tokenCount).initialize(to: JSONToken(kind: kind, start: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: end &- start),
                                                       end: UInt32(truncatingIfNeeded: tokenCount &+ 1)))
        tokenCount &+= 1
    }

    @inline(__always) private mutating func count() throws(JSONError) {
        members += 1
        guard members <= limits.members else { throw fail("more than \(limits.members) values") }
    }

    /// Opens an array or object; the number of its elements and its last token are set when it ends.
    private mutating func open(_ kind: JSONToken.Kind) -> Int {
        add(kind, from: at, to: at)
        at += 1
        skipSpace()
        return tokenCount - 1
    }

    private mutating func close(_ container: Int, holding elements: Int) {
        tokens[container].count = UInt32(truncatingIfNeeded: elements)
        tokens[container].end = UInt32(truncatingIfNeeded: tokenCount)
    }

    private mutating func array(depth: Int) throws(JSONError) {
        let array = open(.array)
        if next == UInt8(ascii: "]") {
            at += 1
            return close(array, holding: 0)
        }
        var elements = 0
        repeat {
            try count()
            try value(depth: depth + 1)
            elements += 1
        } while try !closed(by: UInt8(ascii: "]"))
        close(array, holding: elements)
    }

    private mutating func object(depth: Int) throws(JSONError) {
        let object = open(.object)
        if next == UInt8(ascii: "}") {
            at += 1
            return close(object, holding: 0)
        }
        var names = JSONNames(object: object)
        repeat {
            try count()
            guard next == UInt8(ascii: "\"") else { throw fail("a member's name is expected") }
            let start = at
            let name = tokenCount
            try string()
            guard names.insert(name, tokens, bytes) else {
                throw JSONError(offset: start, problem: "duplicate name \(Quotation(tokens[name].text(in: bytes)))")
            }
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw fail("':' is expected") }
            at += 1
            skipSpace()
            try value(depth: depth + 1)
        } while try !closed(by: UInt8(ascii: "}"))
        close(object, holding: names.count)
    }

    /// After an element: a comma (and another element) or the closing bracket.
    @inline(__always) private mutating func closed(by bracket: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        switch next {
        case UInt8(ascii: ","):
            at += 1
            skipSpace()
            return false
        case bracket:
            at += 1
            return true
        default: throw fail(isAtEnd ? "unexpected end" : "',' or a closing bracket is expected")
        }
    }
}

extension JSONScanner {
    /// RFC 8259 section 6. The digits are checked here, so the conversion cannot meet anything lenient.
    private mutating func number() throws(JSONError) {
        let start = at
        if next == UInt8(ascii: "-") { at += 1 }
        let first = at
        try digits()
        if bytes[first] == UInt8(ascii: "0"), at - first > 1 { throw JSONError(offset: first, problem: "a number has a leading zero") }
        var kind = JSONToken.Kind.integer
        if next == UInt8(ascii: ".") {
            at += 1
            kind = .fraction
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            at += 1
            kind = .fraction
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
            try digits()
        }
        add(kind, from: start, to: at)
        if kind == .fraction, !tokens[tokenCount - 1].double(in: bytes).isFinite { throw JSONError(offset: start, problem: "a number is out of range", isOutOfRange: true) }
        // 18 digits always fit.
        if kind == .integer, at - start > 18, Int64(tokens[tokenCount - 1].text(in: bytes)) == nil {
            throw JSONError(offset: start, problem: "an integer is outside the 64-bit range", isOutOfRange: true)
        }
    }

    private mutating func digits() throws(JSONError) {
        let start = at
        while next.isASCIIDigit { at &+= 1 }
        guard at > start else { throw fail("a digit is expected") }
    }

    @inline(__always) private mutating func string() throws(JSONError) {
        at &+= 1
        let start = at
        skipPlain()
        // As most are: nothing but plain ASCII.
        guard next == UInt8(ascii: "\"") else { return try string(from: start) }
        add(.text, from: start, to: at)
        at &+= 1
    }

    /// The rest of a string that has more than plain ASCII in it.
    private mutating func string(from start: Int) throws(JSONError) {
        var kind = JSONToken.Kind.text
        while true {
            let stop = next
            if stop == UInt8(ascii: "\"") { break }
            if stop >= 0x80 {
                while next >= 0x80 { at &+= 1 }
                if kind == .text { kind = .unicode }
                skipPlain()
                continue
            }
            guard stop == UInt8(ascii: "\\") else { throw fail(isAtEnd ? "unexpected end in a string" : "a control character in a string") }
            kind = .escaped
            at += 1
            try escape()
            skipPlain()
        }
        let content = UnsafeBufferPointer(start: bytes + start, count: at - start)
        // An escape is ASCII, so it splits no character that is whole.
        if kind != .text, (try? UTF8Span(validating: content.span)) == nil { throw JSONError(offset: start, problem: "a string is not valid UTF-8") }
        add(kind, from: start, to: at)
        at += 1
    }

    /// Goes on to what is no plain ASCII: the quote that ends a string, a backslash, a control, a byte above 0x7F; eight bytes at a time.
    @inline(__always) private mutating func skipPlain() {
        let ones: UInt64 = 0x0101_0101_0101_0101, tops: UInt64 = 0x8080_8080_8080_8080
        var place = UnsafeRawPointer(bytes + at)
        while true {
            let word = UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
            let quotes = word ^ (ones &* 0x22), slashes = word ^ (ones &* 0x5C)
            // In each term the lowest byte marked is right; one above it may be marked by the borrow.
            let special = ((word &- ones &* 0x20) | (quotes &- ones) | (slashes &- ones) | word) & tops
            if special != 0 {
                at = place - UnsafeRawPointer(bytes) + special.trailingZeroBitCount >> 3
                return
            }
            place += 8
        }
    }

    /// What follows a backslash.
    private mutating func escape() throws(JSONError) {
        if isAtEnd { throw fail("unexpected end in a string") }
        let byte = next
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"):
            switch try hex4() {
            case 0xD800...0xDBFF:
                guard bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") else { throw fail("a lone surrogate") }
                at += 2
                guard (0xDC00...0xDFFF).contains(try hex4()) else { throw fail("a lone surrogate") }
            case 0xDC00...0xDFFF: throw fail("a lone surrogate")
            default: return
            }
        default: throw fail("an unknown escape")
        }
    }

    private mutating func hex4() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = next.hexDigit else { throw fail("four hexadecimal digits are expected") }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }
}
