import Core

/// `application/x-www-form-urlencoded` (WHATWG URL section 5) and percent-encoding, for what providers read and call.
enum FormCoding {
    /// The pairs in order, or nil for a broken escape or text that is not UTF-8.
    static func decode(_ bytes: [UInt8]) -> [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            guard let name = unescape(part[..<equals]), let value = unescape(part[equals...].dropFirst()) else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }

    private static func unescape(_ bytes: ArraySlice<UInt8>) -> String? {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): out.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst()?.hexDigit, let low = rest.popFirst()?.hexDigit else { return nil }
                out.append(high << 4 | low)
            default: out.append(byte)
            }
        }
        return String(validating: out, as: UTF8.self)
    }

    static func encode(_ pairs: [(name: String, value: String)]) -> [UInt8] {
        var out: [UInt8] = []
        for pair in pairs {
            if !out.isEmpty { out.append(UInt8(ascii: "&")) }
            out += escape(pair.name).utf8
            out.append(UInt8(ascii: "="))
            out += escape(pair.value).utf8
        }
        return out
    }

    /// Everything but the unreserved characters of RFC 3986 section 2.3 as `%XX`.
    static func escape(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            let isUnreserved = byte.isASCIILetter || byte.isASCIIDigit || "-._~".utf8.contains(byte)
            if isUnreserved {
                out.append(byte)
            } else {
                out.append(UInt8(ascii: "%"))
                out.append(upperHex[Int(byte >> 4)])
                out.append(upperHex[Int(byte & 0xF)])
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static let upperHex = Array("0123456789ABCDEF".utf8)
}

extension [(name: String, value: String)] {
    /// The value of the first pair of that name.
    func first(_ name: String) -> String? { first { $0.name == name }?.value }
}
