/// `Sun, 06 Nov 1994 08:49:37 GMT`, RFC 9110 §5.6.7.
package enum HTTPDate {
    /// Appends the time as IMF-fixdate.
    ///
    /// - Parameter unixSeconds: from year 1970 through 9999; times outside are drawn to the nearest end.
    package static func append(unixSeconds: Int64, to output: inout [UInt8]) {
        let seconds = max(0, min(unixSeconds, 253_402_300_799))
        let (days, rest) = (Int(seconds / 86_400), Int(seconds % 86_400))
        let (year, month, day) = civil(days)
        output.append(contentsOf: ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][days % 7].utf8)
        output.append(contentsOf: ", ".utf8)
        appendTwo(day, to: &output)
        output.append(contentsOf: [
            " Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec ",
        ][month - 1].utf8)
        appendTwo(year / 100, to: &output)
        appendTwo(year % 100, to: &output)
        output.append(ASCII.space)
        appendTwo(rest / 3600, to: &output)
        output.append(ASCII.colon)
        appendTwo(rest / 60 % 60, to: &output)
        output.append(ASCII.colon)
        appendTwo(rest % 60, to: &output)
        output.append(contentsOf: " GMT".utf8)
    }

    /// Year, month and day of a day since 1970-01-01: eras of 400 years that start in March, so that
    /// the leap day comes last.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (
            era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        )
    }

    private static func appendTwo(_ value: Int, to output: inout [UInt8]) {
        output.append(ASCII.zero + UInt8(value / 10 % 10))
        output.append(ASCII.zero + UInt8(value % 10))
    }
}
