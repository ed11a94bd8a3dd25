extension Timestamp: CustomStringConvertible {
    /// Parses `2026-03-01T09:00:00Z`, with up to nine fractional digits and any numeric offset (RFC 3339
    /// section 5.6; the year is 1970 to 9999, in UTC too). A leap second counts as the second after it.
    package init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20,
            let year = bytes.number(0, 4), year >= 1970, bytes[4] == UInt8(ascii: "-"),
            let month = bytes.number(5, 2), (1...12).contains(month), bytes[7] == UInt8(ascii: "-"),
            let day = bytes.number(8, 2), day >= 1, day <= CivilDate.days(inMonth: month, of: year),
            bytes[10] | 0x20 == UInt8(ascii: "t"),
            let hour = bytes.number(11, 2), hour <= 23, bytes[13] == UInt8(ascii: ":"),
            let minute = bytes.number(14, 2), minute <= 59, bytes[16] == UInt8(ascii: ":"),
            let second = bytes.number(17, 2), second <= 60
        else { return nil }
        var at = 19
        var fraction: Int64 = 0
        if bytes[at] == UInt8(ascii: ".") {
            at += 1
            let start = at
            while at < bytes.count, bytes[at].isASCIIDigit {
                if at - start < 3 { fraction = fraction * 10 + Int64(bytes[at] - UInt8(ascii: "0")) }
                at += 1
            }
            guard at > start, at - start <= 9 else { return nil }
            for _ in 0..<max(0, 3 - (at - start)) { fraction *= 10 }
        }
        guard let offset = bytes.offset(from: at) else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
        guard (0..<Timestamp.year10000Seconds).contains(seconds) else { return nil }
        self.init(milliseconds: seconds * 1_000 + fraction)
    }

    /// What an offset or a leap second must not lead past: the year would have five digits.
    private static let year10000Seconds = CivilDate(year: 10_000, month: 1, day: 1).daysSinceEpoch * 86_400

    /// `2026-03-01T09:00:00Z`; milliseconds are written when there are any. RFC 3339 has the years 0000 to 9999: what lies outside is
    /// written as the nearest of them.
    package var description: String { String(unsafeUninitializedCapacity: Timestamp.maxTextCount, initializingUTF8With: write) }

    static let maxTextCount = 24

    /// Writes the same.
    ///
    /// - Returns: how many bytes.
    func write(to text: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let milliseconds = min(max(milliseconds, DateText.range.lowerBound * 1_000), DateText.range.upperBound * 1_000 + 999)
        let date = CivilDate(daysSinceEpoch: milliseconds.floorDivided(by: 86_400_000))
        let ofDay = milliseconds - milliseconds.floorDivided(by: 86_400_000) * 86_400_000
        let (seconds, fraction) = ofDay.quotientAndRemainder(dividingBy: 1_000)
        var at = 0
        func write(_ number: Int64, _ width: Int, _ end: Unicode.Scalar) {
            var rest = number
            for place in stride(from: at + width - 1, through: at, by: -1) {
                text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            text[at + width] = UInt8(ascii: end)
            at += width + 1
        }
        write(date.year, 4, "-")
        write(date.month, 2, "-")
        write(date.day, 2, "T")
        write(seconds / 3_600, 2, ":")
        write(seconds / 60 % 60, 2, ":")
        write(seconds % 60, 2, fraction == 0 ? "Z" : ".")
        if fraction != 0 { write(fraction, 3, "Z") }
        return at
    }
}

extension [UInt8] {
    /// Exactly `count` decimal digits from `start`.
    func number(_ start: Int, _ count: Int) -> Int64? {
        guard start + count <= self.count else { return nil }
        var value: Int64 = 0
        for byte in self[start..<start + count] {
            guard byte.isASCIIDigit else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// `Z` or `+hh:mm` up to the end, in minutes.
    fileprivate func offset(from start: Int) -> Int64? {
        guard start < count else { return nil }
        if self[start] | 0x20 == UInt8(ascii: "z") { return start + 1 == count ? 0 : nil }
        let negative = self[start] == UInt8(ascii: "-")
        guard negative || self[start] == UInt8(ascii: "+"), count == start + 6, self[start + 3] == UInt8(ascii: ":"),
            let hours = number(start + 1, 2), hours <= 23, let minutes = number(start + 4, 2), minutes <= 59
        else { return nil }
        return (hours * 60 + minutes) * (negative ? -1 : 1)
    }
}

/// A day of the proleptic Gregorian calendar.
package struct CivilDate: Sendable, Hashable {
    package let year: Int64
    package let month: Int64
    package let day: Int64

    package init(year: Int64, month: Int64, day: Int64) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Eras of 400 years have 146,097 days and begin on 1 March.
    package init(daysSinceEpoch days: Int64) {
        let shifted = days + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * ofYear + 2) / 153
        day = ofYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package var daysSinceEpoch: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.floorDivided(by: 400)
        let ofEra = shiftedYear - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    package static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
