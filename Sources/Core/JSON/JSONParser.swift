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

    package var description: String { "\(problem) at byte \(offset)" }
}

extension JSONValue {
    /// Parses one whole JSON text. Stricter than RFC 8259 where it lets parsers choose: UTF-8 is checked,
    /// a duplicate name, a lone surrogate, a byte order mark and an integer outside Int64 are refused.
    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        var parser = JSONParser(bytes: bytes, limits: limits)
        self = try parser.document()
    }
}

/// Recursive descent over bytes; `limits.depth` bounds the recursion.
private struct JSONParser {
    let bytes: [UInt8]
    let limits: JSONLimits
    var at = 0
    var members = 0

    init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func document() throws(JSONError) -> JSONValue {
        skipSpace()
        let value = try self.value(depth: 0)
        skipSpace()
        guard at == bytes.count else { throw fail("unexpected text after the value") }
        return value
    }

    private func fail(_ problem: String) -> JSONError { JSONError(offset: at, problem: problem) }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    /// RFC 8259 section 2: space, tab, LF, CR and nothing else.
    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < limits.depth else { throw fail("nested deeper than \(limits.depth)") }
        switch next {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"): return try number()
        case let byte? where byte.isASCIIDigit: return try number()
        case nil: throw fail("unexpected end")
        default: throw fail("unexpected character")
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        guard bytes.count - at >= length else { throw fail("unexpected end") }
        for offset in 0..<length where bytes[at + offset] != word.utf8Start[offset] {
            throw fail("unexpected character")
        }
        at += length
        return value
    }

    private mutating func count() throws(JSONError) {
        members += 1
        guard members <= limits.members else { throw fail("more than \(limits.members) values") }
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        at += 1
        skipSpace()
        var elements: [JSONValue] = []
        if next == UInt8(ascii: "]") {
            at += 1
            return elements
        }
        while true {
            try count()
            elements.append(try value(depth: depth + 1))
            if try closed(by: UInt8(ascii: "]")) { return elements }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        at += 1
        skipSpace()
        var members: [JSONObject.Member] = []
        var names = UniqueNames()
        if next == UInt8(ascii: "}") {
            at += 1
            return JSONObject()
        }
        while true {
            try count()
            guard next == UInt8(ascii: "\"") else { throw fail("a member's name is expected") }
            let start = at
            let name = try string()
            guard names.insert(name, among: members) else {
                throw JSONError(offset: start, problem: "duplicate name \(Quotation(name))")
            }
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw fail("':' is expected") }
            at += 1
            skipSpace()
            members.append(.init(name: name, value: try value(depth: depth + 1)))
            if try closed(by: UInt8(ascii: "}")) { return JSONObject(members) }
        }
    }

    /// After an element: a comma (and another element) or the closing bracket.
    private mutating func closed(by bracket: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        switch next {
        case UInt8(ascii: ","):
            at += 1
            skipSpace()
            return false
        case bracket:
            at += 1
            return true
        default: throw fail(next == nil ? "unexpected end" : "',' or a closing bracket is expected")
        }
    }

    /// RFC 8259 section 6. The digits are checked here, so the conversion cannot meet anything lenient.
    private mutating func number() throws(JSONError) -> JSONValue {
        let start = at
        let negative = next == UInt8(ascii: "-")
        if negative { at += 1 }
        var magnitude: UInt64 = 0
        var overflow = false
        let firstDigit = at
        while let digit = digit() {
            let (product, overflowed) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, overflowedAgain) = product.addingReportingOverflow(UInt64(digit))
            magnitude = sum
            overflow = overflow || overflowed || overflowedAgain
        }
        guard at > firstDigit else { throw fail("a digit is expected") }
        if bytes[firstDigit] == UInt8(ascii: "0"), at - firstDigit > 1 {
            throw JSONError(offset: firstDigit, problem: "a number has a leading zero")
        }
        var isInteger = true
        if next == UInt8(ascii: ".") {
            at += 1
            isInteger = false
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            at += 1
            isInteger = false
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
            try digits()
        }
        if isInteger {
            if !overflow, negative, magnitude <= UInt64(Int64.max) + 1 {
                return .int(magnitude == UInt64(Int64.max) + 1 ? .min : -Int64(magnitude))
            }
            if !overflow, !negative, magnitude <= UInt64(Int64.max) { return .int(Int64(magnitude)) }
            throw JSONError(offset: start, problem: "an integer is outside the 64-bit range")
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        guard let number = Double(text), number.isFinite else {
            throw JSONError(offset: start, problem: "a number is out of range")
        }
        return .double(number)
    }

    private mutating func digit() -> UInt8? {
        guard let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        at += 1
        return byte - UInt8(ascii: "0")
    }

    private mutating func digits() throws(JSONError) {
        guard digit() != nil else { throw fail("a digit is expected") }
        while digit() != nil {}
    }

    private mutating func string() throws(JSONError) -> String {
        at += 1
        let start = at
        // Most strings hold no escape: they are validated and copied in one piece.
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { at += 1 }
        guard let stop = next else { throw fail("unexpected end in a string") }
        if stop == UInt8(ascii: "\"") {
            let text = try utf8(bytes[start..<at], from: start)
            at += 1
            return text
        }
        var buffer = Array(bytes[start..<at])
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                at += 1
                return try utf8(buffer[...], from: start)
            case UInt8(ascii: "\\"):
                at += 1
                try escape(into: &buffer)
            case 0..<0x20: throw fail("a control character in a string")
            default:
                buffer.append(byte)
                at += 1
            }
        }
        throw fail("unexpected end in a string")
    }

    private func utf8(_ slice: ArraySlice<UInt8>, from start: Int) throws(JSONError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw JSONError(offset: start, problem: "a string is not valid UTF-8")
        }
        return text
    }

    private mutating func escape(into buffer: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw fail("unexpected end in a string") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            var unit = try hex4()
            if (0xD800...0xDBFF).contains(unit) {
                guard at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") else {
                    throw fail("a lone surrogate")
                }
                at += 2
                let low = try hex4()
                guard (0xDC00...0xDFFF).contains(low) else { throw fail("a lone surrogate") }
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(unit) else { throw fail("a lone surrogate") }
            buffer.append(contentsOf: String(scalar).utf8)
        default: throw fail("an unknown escape")
        }
    }

    private mutating func hex4() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = byte.hexDigit else { throw fail("four hexadecimal digits are expected") }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }
}

/// Finds a repeated name by its bytes: by comparing while there are few, by hashing once there are many.
private struct UniqueNames {
    private var hashed: Set<[UInt8]> = []

    mutating func insert(_ name: String, among members: [JSONObject.Member]) -> Bool {
        if members.count < 16 { return !members.contains { $0.name.utf8.elementsEqual(name.utf8) } }
        if hashed.isEmpty { hashed = Set(members.map { Array($0.name.utf8) }) }
        return hashed.insert(Array(name.utf8)).inserted
    }
}
