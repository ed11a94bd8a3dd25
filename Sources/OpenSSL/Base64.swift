/// Standard base64 with padding (RFC 4648 §4): Basic credentials, webhook signatures.
package enum Base64 {
    package static func encode(_ bytes: [UInt8]) -> String {
        Codec.standard.encode(bytes)
    }

    /// The bytes of `text`, or nil unless it is canonical: known characters only, complete padding,
    /// and zero bits where the last group has spare ones (RFC 4648 §3.5).
    package static func decode(_ text: String) -> [UInt8]? {
        Codec.standard.decode(Array(text.utf8))
    }

    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        Codec.standard.decode(text)
    }
}

/// The URL-safe alphabet without padding (RFC 4648 §5, RFC 7515 §2): JWTs, push keys.
package enum Base64URL {
    package static func encode(_ bytes: [UInt8]) -> String {
        Codec.url.encode(bytes)
    }

    /// ASCII bytes of the encoding, appended to `output`.
    package static func encode(_ bytes: [UInt8], to output: inout [UInt8]) {
        Codec.url.encode(bytes, to: &output)
    }

    /// The bytes of `text`, or nil unless it is canonical. Padding may be left out or complete:
    /// browsers send keys either way.
    package static func decode(_ text: String) -> [UInt8]? {
        Codec.url.decode(Array(text.utf8))
    }

    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        Codec.url.decode(text)
    }
}

/// One alphabet and its padding rule, as byte tables.
private struct Codec {
    static let standard = Codec(
        alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", padded: true)
    static let url = Codec(
        alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", padded: false)

    private static let pad = UInt8(ascii: "=")
    private static let unknown: UInt8 = 0xff

    private let symbols: [UInt8]
    private let values: [UInt8]
    /// Padding is written, and required when reading.
    private let padded: Bool

    private init(alphabet: StaticString, padded: Bool) {
        var values = [UInt8](repeating: Codec.unknown, count: 256)
        symbols = alphabet.withUTF8Buffer { Array($0) }
        for (value, symbol) in symbols.enumerated() { values[Int(symbol)] = UInt8(value) }
        self.values = values
        self.padded = padded
    }

    func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { buffer in
            var written = 0
            encode(bytes) { buffer[written] = $0; written += 1 }
            return written
        }
    }

    func encode(_ bytes: [UInt8], to output: inout [UInt8]) {
        output.reserveCapacity(output.count + (bytes.count + 2) / 3 * 4)
        encode(bytes) { output.append($0) }
    }

    private func encode(_ bytes: [UInt8], put: (UInt8) -> Void) {
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let first = bytes[index]
            let second = left > 1 ? bytes[index + 1] : 0
            let third = left > 2 ? bytes[index + 2] : 0
            put(symbols[Int(first >> 2)])
            put(symbols[Int((first & 0x03) << 4 | second >> 4)])
            if left > 1 { put(symbols[Int((second & 0x0f) << 2 | third >> 6)]) } else if padded { put(Codec.pad) }
            if left > 2 { put(symbols[Int(third & 0x3f)]) } else if padded { put(Codec.pad) }
            index += 3
        }
    }

    func decode(_ text: [UInt8]) -> [UInt8]? {
        var end = text.count
        while end > 0, text[end - 1] == Codec.pad { end -= 1 }
        let padding = text.count - end
        let isWhole = text.count % 4 == 0
        guard padding == 0 || (padding <= 2 && isWhole) else { return nil }
        guard isWhole || !padded, end % 4 != 1 else { return nil }

        var bytes: [UInt8] = []
        bytes.reserveCapacity(end / 4 * 3 + 2)
        var group: UInt32 = 0
        var bits = 0
        for symbol in text[..<end] {
            let value = values[Int(symbol)]
            guard value != Codec.unknown else { return nil }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
                group &= (1 << UInt32(bits)) - 1
            }
        }
        return group == 0 ? bytes : nil
    }
}
