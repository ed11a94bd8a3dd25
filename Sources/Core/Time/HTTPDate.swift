extension Timestamp {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Parses `Sun, 06 Nov 1994 08:49:37 GMT`, the one form RFC 9110 section 5.6.7 lets senders use.
    package init?(httpDate text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT",
            let day = parts[1].decimal, let month = Timestamp.months.firstIndex(of: String(parts[2])),
            let year = parts[3].decimal, (1970...9999).contains(year),
            (1...CivilDate.days(inMonth: Int64(month) + 1, of: year)).contains(day)
        else { return nil }
        let time = parts[4].split(separator: ":", omittingEmptySubsequences: false).map(\.decimal)
        guard time.count == 3, let hour = time[0], hour <= 23, let minute = time[1], minute <= 59,
            let second = time[2], second <= 60
        else { return nil }
        let days = CivilDate(year: year, month: Int64(month) + 1, day: day).daysSinceEpoch
        self = .seconds(((days * 24 + hour) * 60 + minute) * 60 + second)
    }
}
