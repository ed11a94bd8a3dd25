extension Duration {
    /// Nothing, as it may be written where nothing has a meaning.
    package static func isZero(iso8601 text: String) -> Bool { ["PT0S", "PT0M", "PT0H", "P0D"].contains(text) }

    /// Parses `P30D`, `PT10M`, `P1DT12H`, `P2W` (ISO 8601 4.4.3, whole numbers). Years and months are refused:
    /// they have no fixed length. The sum is positive and at most 100 years.
    package init?(iso8601 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "P"), bytes.count > 2 else { return nil }
        var at = 1
        var seconds: Int64 = 0
        var inTime = false
        // Units must come in falling order, each once.
        var rank = 5
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "T") {
                guard !inTime, at + 1 < bytes.count else { return nil }
                inTime = true
                rank = min(rank, 3)
                at += 1
            }
            let start = at
            var number: Int64 = 0
            while at < bytes.count, bytes[at].isASCIIDigit, at - start < 10 {
                number = number * 10 + Int64(bytes[at] - UInt8(ascii: "0"))
                at += 1
            }
            guard at > start, at < bytes.count else { return nil }
            let unit: (rank: Int, seconds: Int64)
            switch (bytes[at], inTime) {
            case (UInt8(ascii: "W"), false): unit = (4, 604_800)
            case (UInt8(ascii: "D"), false): unit = (3, 86_400)
            case (UInt8(ascii: "H"), true): unit = (2, 3_600)
            case (UInt8(ascii: "M"), true): unit = (1, 60)
            case (UInt8(ascii: "S"), true): unit = (0, 1)
            default: return nil
            }
            guard unit.rank < rank else { return nil }
            rank = unit.rank
            at += 1
            seconds += number * unit.seconds
        }
        guard seconds > 0, seconds <= 36_525 * 86_400 else { return nil }
        self = .seconds(seconds)
    }

    /// The duration in ISO 8601, largest units first; whole seconds.
    package var iso8601: String {
        var rest = components.seconds
        var out = "P"
        if rest >= 86_400 { out += "\(rest / 86_400)D" }
        rest %= 86_400
        guard rest > 0 else { return out == "P" ? "PT0S" : out }
        out += "T"
        if rest >= 3_600 { out += "\(rest / 3_600)H" }
        if rest / 60 % 60 > 0 { out += "\(rest / 60 % 60)M" }
        if rest % 60 > 0 { out += "\(rest % 60)S" }
        return out
    }
}
