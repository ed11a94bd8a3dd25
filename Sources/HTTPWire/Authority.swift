/// `uri-host [":" port]` by the grammar of RFC 3986 §3.2.2, as Host and absolute targets carry it.
///
/// RFC 9112 §3.2: an invalid Host value is a MUST-400. No user info: RFC 9110 §4.2.4 makes it an error.
enum Authority {
    static func isValid(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count > 0 else { return false }
        var index = 0
        if bytes[0] == ASCII.openBracket {
            while index < bytes.count, bytes[index] != ASCII.closeBracket { index += 1 }
            guard index < bytes.count, isIPv6(bytes.extracting(1..<index)) else { return false }
            index += 1
        } else {
            guard let end = endOfRegisteredName(bytes) else { return false }
            index = end
        }
        guard index < bytes.count else { return true }
        guard bytes[index] == ASCII.colon else { return false }
        return isPort(bytes.extracting((index + 1)..<bytes.count))
    }

    /// An IPv4 address is a registered name too, so one rule covers both.
    private static func endOfRegisteredName(_ bytes: Span<UInt8>) -> Int? {
        var index = 0
        while index < bytes.count, bytes[index] != ASCII.colon {
            guard ByteSet.registeredName.contains(bytes[index]) else { return nil }
            if bytes[index] == ASCII.percent {
                guard index + 2 < bytes.count, ASCII.hexValue(bytes[index + 1]) != nil,
                      ASCII.hexValue(bytes[index + 2]) != nil else { return nil }
                index += 2
            }
            index += 1
        }
        return index > 0 ? index : nil
    }

    /// `*DIGIT`, but a number that TCP knows.
    private static func isPort(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count <= 5 else { return false }
        var value = 0
        for index in 0..<bytes.count {
            guard ASCII.isDigit(bytes[index]) else { return false }
            value = value * 10 + Int(bytes[index] - ASCII.zero)
        }
        return value <= 65_535
    }

    /// RFC 3986 §3.2.2: groups of one to four hexadecimal digits, one "::", perhaps IPv4 at the end. The
    /// "v1." forms are refused, as that section asks of an address version one does not know.
    private static func isIPv6(_ bytes: Span<UInt8>) -> Bool {
        var groups = 0
        var isCompressed = false
        var index = 0
        if bytes.count >= 2, bytes[0] == ASCII.colon {
            guard bytes[1] == ASCII.colon else { return false }
            isCompressed = true
            index = 2
        }
        while index < bytes.count {
            var end = index
            while end < bytes.count, end - index < 5, ASCII.hexValue(bytes[end]) != nil { end += 1 }
            if end < bytes.count, bytes[end] == ASCII.dot {
                guard isIPv4(bytes.extracting(index..<bytes.count)) else { return false }
                groups += 2
                index = bytes.count
                break
            }
            guard end > index, end - index <= 4 else { return false }
            groups += 1
            index = end
            guard index < bytes.count else { break }
            guard bytes[index] == ASCII.colon else { return false }
            index += 1
            guard index < bytes.count else { return false }
            if bytes[index] == ASCII.colon {
                guard !isCompressed else { return false }
                isCompressed = true
                index += 1
            }
        }
        return isCompressed ? groups <= 7 : groups == 8
    }

    /// Four numbers of at most 255 without leading zeros (`dec-octet`).
    private static func isIPv4(_ bytes: Span<UInt8>) -> Bool {
        var octets = 0
        var index = 0
        while true {
            var value = 0
            let start = index
            while index < bytes.count, index - start < 3, ASCII.isDigit(bytes[index]) {
                value = value * 10 + Int(bytes[index] - ASCII.zero)
                index += 1
            }
            guard index > start, value <= 255, index - start == 1 || bytes[start] != ASCII.zero else { return false }
            octets += 1
            guard index < bytes.count else { return octets == 4 }
            guard bytes[index] == ASCII.dot, octets < 4 else { return false }
            index += 1
        }
    }
}
