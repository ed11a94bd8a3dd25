/// A text as it goes over the air: its alphabet and its parts (3GPP TS 23.040 section 9.2.3.24.1, 8-bit references).
struct SMSParts {
    enum Alphabet: Equatable { case gsm7, ucs2 }

    let alphabet: Alphabet
    /// The text of each part; a part of UCS-2 may begin in the middle of a surrogate pair, which shows as U+FFFD.
    let parts: [String]

    var count: Int { parts.count }
    /// What the phone shows.
    var text: String { parts.joined() }

    /// 160 septets alone or 153 in each of several; an extension character is never torn apart.
    static func gsm7(_ text: String) -> SMSParts {
        let sizes = text.unicodeScalars.map { (scalar: $0, size: GSMAlphabet.septets($0) ?? 1) }
        guard sizes.reduce(0, { $0 + $1.size }) > 160 else { return SMSParts(alphabet: .gsm7, parts: [text]) }
        var parts: [String] = []
        var part = String.UnicodeScalarView()
        var used = 0
        for (scalar, size) in sizes {
            if used + size > 153 {
                parts.append(String(part))
                part = String.UnicodeScalarView()
                used = 0
            }
            part.append(scalar)
            used += size
        }
        parts.append(String(part))
        return SMSParts(alphabet: .gsm7, parts: parts)
    }

    /// 70 UTF-16 units alone or 67 in each of several.
    ///
    /// - Parameter tearsPairs: cut at 67 units even through a surrogate pair, as Kannel does.
    static func ucs2(_ text: String, tearsPairs: Bool) -> SMSParts {
        let units = Array(text.utf16)
        guard units.count > 70 else { return SMSParts(alphabet: .ucs2, parts: [text]) }
        var parts: [String] = []
        var start = 0
        while start < units.count {
            var end = min(start + 67, units.count)
            if !tearsPairs, end < units.count, UTF16.isTrailSurrogate(units[end]) { end -= 1 }
            parts.append(String(decoding: units[start..<end], as: UTF16.self))
            start = end
        }
        return SMSParts(alphabet: .ucs2, parts: parts)
    }
}
