extension JSONValue {
    /// The document as compact UTF-8 text: no spaces, members in their order, `/` and non-ASCII unescaped.
    package var bytes: [UInt8] {
        if case .object(let object) = self, let written = object.written { return written }
        var out: [UInt8] = []
        // Most answers fit.
        out.reserveCapacity(512)
        write(into: &out)
        return out
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package func write(into out: inout [UInt8]) {
        switch self {
        case .null: out.append(contentsOf: "null".utf8)
        case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): out.append(contentsOf: String(value).utf8)
        case .double(let value):
            // JSON has no infinity and no NaN; a sum that overflowed is written as null.
            out.append(contentsOf: (value.isFinite ? String(value) : "null").utf8)
        case .string(let value): JSONValue.write(string: value, into: &out)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                element.write(into: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let object):
            if let written = object.written { return out.append(contentsOf: written) }
            out.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                JSONValue.write(string: member.name, into: &out)
                out.append(UInt8(ascii: ":"))
                member.value.write(into: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    /// A quoted JSON string (RFC 8259 section 7): quote, backslash and controls are escaped.
    package static func write(string: String, into out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        let start = out.count
        out.append(contentsOf: string.utf8)
        // Most strings need no escape.
        let isEscaped = out[start...].contains(where: needsEscape)
        if isEscaped { escape(from: start, in: &out) }
        out.append(UInt8(ascii: "\""))
    }

    private static func escape(from start: Int, in out: inout [UInt8]) {
        let plain = Array(out[start...])
        out.removeSubrange(start...)
        for byte in plain {
            if needsEscape(byte) { escape(byte, into: &out) } else { out.append(byte) }
        }
    }

    /// A JSON array of strings.
    package static func write(strings: [String], into out: inout [UInt8]) {
        out.append(UInt8(ascii: "["))
        for (index, string) in strings.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            write(string: string, into: &out)
        }
        out.append(UInt8(ascii: "]"))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }

    private static func escape(_ byte: UInt8, into out: inout [UInt8]) {
        out.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(byte)
        case 0x0A: out.append(UInt8(ascii: "n"))
        case 0x0D: out.append(UInt8(ascii: "r"))
        case 0x09: out.append(UInt8(ascii: "t"))
        default:
            out.append(contentsOf: "u00".utf8)
            out.append(hexDigits[Int(byte >> 4)])
            out.append(hexDigits[Int(byte & 0xF)])
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}
