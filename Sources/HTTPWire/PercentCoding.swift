/// Percent-decoding that refuses instead of repairing. RFC 3986 §2.1.
package enum PercentCoding {
    /// The text behind the escapes, or nil for a broken escape, a NUL, or bytes that are not UTF-8
    /// (overlong forms, which hid slashes from naive checks, are not).
    package static func decode(_ bytes: Span<UInt8>, plusIsSpace: Bool) -> String? {
        var needsDecoding = false
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if byte == ASCII.percent || (plusIsSpace && byte == ASCII.plus) { needsDecoding = true }
        }
        guard needsDecoding else {
            return bytes.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == ASCII.percent {
                guard index + 2 < bytes.count, let high = ASCII.hexValue(bytes[index + 1]),
                      let low = ASCII.hexValue(bytes[index + 2]) else { return nil }
                let value = high << 4 | low
                guard value != 0 else { return nil }
                decoded.append(value)
                index += 3
            } else {
                decoded.append(plusIsSpace && byte == ASCII.plus ? ASCII.space : byte)
                index += 1
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }
}
