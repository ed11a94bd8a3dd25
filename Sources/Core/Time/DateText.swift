/// A date as brands store it in attributes: `2026-03-01`, or `2026-03-01T09:00:00Z` with an optional fraction, which is not
/// looked at, and `Z` or a numeric offset of at most 14 hours. Years 0000 to 9999: people are born before 1970.
/// No leap second, no lower case: what SQLite's date functions and this type understand must be the same.
package struct DateText: Sendable, Equatable {
    /// As written, before any offset.
    package let date: CivilDate
    package let hour: Int64
    package let minute: Int64
    package let second: Int64
    /// Since 1970-01-01T00:00:00Z; a date alone is its midnight in UTC.
    package let seconds: Int64

    /// The seconds that print with a year of four digits in UTC.
    package static let range: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 10, let year = bytes.number(0, 4), bytes[4] == UInt8(ascii: "-"),
            let month = bytes.number(5, 2), (1...12).contains(month), bytes[7] == UInt8(ascii: "-"),
            let day = bytes.number(8, 2), day >= 1, day <= CivilDate.days(inMonth: month, of: year)
        else { return nil }
        date = CivilDate(year: year, month: month, day: day)
        let midnight = date.daysSinceEpoch * 86_400
        if bytes.count == 10 {
            (hour, minute, second, seconds) = (0, 0, 0, midnight)
            return
        }
        guard bytes.count >= 20, bytes[10] == UInt8(ascii: "T"),
            let hour = bytes.number(11, 2), hour <= 23, bytes[13] == UInt8(ascii: ":"),
            let minute = bytes.number(14, 2), minute <= 59, bytes[16] == UInt8(ascii: ":"),
            let second = bytes.number(17, 2), second <= 59
        else { return nil }
        var at = 19
        if bytes[at] == UInt8(ascii: ".") {
            at += 1
            let start = at
            while at < bytes.count, bytes[at].isASCIIDigit { at += 1 }
            guard at > start, at - start <= 9 else { return nil }
        }
        guard let offset = bytes.offset(from: at) else { return nil }
        (self.hour, self.minute, self.second) = (hour, minute, second)
        seconds = midnight + hour * 3_600 + (minute - offset) * 60 + second
        guard seconds <= DateText.range.upperBound else { return nil }
    }
}

extension [UInt8] {
    /// `Z`, or `+hh:mm` up to 14 hours, up to the end; in minutes.
    fileprivate func offset(from start: Int) -> Int64? {
        if start + 1 == count, self[start] == UInt8(ascii: "Z") { return 0 }
        guard count == start + 6, self[start + 3] == UInt8(ascii: ":"),
            let hours = number(start + 1, 2), hours <= 14, let minutes = number(start + 4, 2), minutes <= 59
        else { return nil }
        switch self[start] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }
}
