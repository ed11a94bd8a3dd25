/// One value of a scanned JSON text, or one member's name. Tokens lie in the order of the text; those of a container's elements
/// follow its own.
struct JSONToken: Sendable {
    enum Kind: UInt8 {
        case null, `true`, `false`
        /// Fits Int64.
        case integer
        /// With a fraction or an exponent; finite as a Double.
        case fraction
        /// A string, without its quotes: plain ASCII, plain UTF-8, with escapes.
        case text, unicode, escaped
        case array, object
    }

    let kind: Kind
    /// Byte of the text.
    let start: UInt32
    /// Bytes; of a container its elements or members.
    var count: UInt32
    /// Index of the token after this value.
    var end: UInt32

    func bytes(in text: UnsafePointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text + Int(start), count: Int(count))
    }

    /// Of a string or a number.
    func text(in text: UnsafePointer<UInt8>) -> String {
        kind == .escaped ? String(decoding: unescaped(in: text), as: UTF8.self) : String(decoding: bytes(in: text), as: UTF8.self)
    }

    func integer(in text: UnsafePointer<UInt8>) -> Int64 {
        let digits = bytes(in: text)
        let isNegative = digits[0] == UInt8(ascii: "-")
        var value: Int64 = 0
        // Downwards: there is one number more below zero.
        for digit in digits[(isNegative ? 1 : 0)...] { value = value &* 10 &- Int64(digit &- UInt8(ascii: "0")) }
        return isNegative ? value : 0 &- value
    }

    func double(in text: UnsafePointer<UInt8>) -> Double { Double(self.text(in: text)) ?? .infinity }

    /// The bytes of a string whose escapes have been checked.
    func unescaped(in text: UnsafePointer<UInt8>) -> [UInt8] {
        let source = bytes(in: text)
        var out: [UInt8] = []
        out.reserveCapacity(source.count)
        var at = 0
        func hex4() -> UInt32 {
            defer { at += 4 }
            return source[at..<at + 4].reduce(0) { $0 << 4 | UInt32($1.hexDigit ?? 0) }
        }
        while at < source.count {
            let byte = source[at]
            at += 1
            guard byte == UInt8(ascii: "\\") else {
                out.append(byte)
                continue
            }
            let letter = source[at]
            at += 1
            switch letter {
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0C)
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "u"):
                var unit = hex4()
                if unit & 0xFC00 == 0xD800 {
                    at += 2
                    unit = 0x10000 + (unit & 0x3FF) << 10 + hex4() & 0x3FF
                }
                out.append(contentsOf: UTF8.encode(Unicode.Scalar(unit) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
            default: out.append(letter)
            }
        }
        return out
    }
}
