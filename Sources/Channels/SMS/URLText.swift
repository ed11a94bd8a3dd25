internal import Core

/// Percent-encoding as URLs and forms have it (RFC 3986 section 2), over bytes.
enum URLText {
    /// Everything but unreserved characters escaped: fits a query value and a form value alike.
    static func encode(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case _ where byte.isASCIILetter || byte.isASCIIDigit,
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                out.append(byte)
            default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    static func form(_ fields: [(name: String, value: String)]) -> String {
        fields.map { "\(encode($0.name))=\(encode($0.value))" }.joined(separator: "&")
    }

    /// The fields of a form or query, as bytes: gateways also send what is no UTF-8. Nil when an escape is broken
    /// or there are more than `maxFields`.
    static func fields(_ bytes: some Collection<UInt8>, maxFields: Int = 200) -> [(name: [UInt8], value: [UInt8])]? {
        var fields: [(name: [UInt8], value: [UInt8])] = []
        for field in bytes.split(separator: UInt8(ascii: "&")) {
            guard fields.count < maxFields else { return nil }
            let end = field.firstIndex(of: UInt8(ascii: "=")) ?? field.endIndex
            guard let name = decode(field[..<end]), let value = decode(field[end...].dropFirst()) else { return nil }
            fields.append((name, value))
        }
        return fields
    }

    /// `+` is a space, `%xx` a byte.
    private static func decode(_ bytes: some Collection<UInt8>) -> [UInt8]? {
        var out: [UInt8] = []
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "+"): out.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.next()?.hexDigit, let low = rest.next()?.hexDigit else { return nil }
                out.append(high << 4 | low)
            default: out.append(byte)
            }
        }
        return out
    }

    private static let digits = Array("0123456789ABCDEF".utf8)
}
