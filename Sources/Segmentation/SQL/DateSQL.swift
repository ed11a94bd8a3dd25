import Core

extension DateTest {
    /// 0 or 1, never null; the rule of `DateText` in SQL.
    func sql(in field: JSONField, now: Timestamp) -> SQLFragment {
        switch self {
        case .before(let time): dated(field, "< \(time.seconds)")
        case .after(let time): dated(field, ">= \(time.seconds)")
        case .withinLast(let duration): dated(field, "BETWEEN \((now - duration).seconds) AND \(now.seconds)")
        case .withinNext(let duration): dated(field, "BETWEEN \(now.seconds) AND \((now + duration).seconds)")
        case .anniversaryIn(let days):
            dated(field, "IS NOT NULL", and: "substr(d.value, 6, 5) IN \(list(of: DateTest.anniversaries(of: now, days: days)))")
        }
    }

    /// Whether the field is a date for which `match` holds of its seconds since 1970, and of its text `d.value`.
    ///
    /// SQLite's functions read more than dates (`now`, `12:00`, a Julian day) and let the 31st of February pass as the 3rd of March, so
    /// the text must come out as it went in, by way of its seconds (which is where they carry days over). The fraction is checked and
    /// left out before they can round it. One table and no nested queries: SQLite's parser has a stack of 100 symbols.
    private func dated(_ field: JSONField, _ match: SQLFragment, and second: SQLFragment = "1") -> SQLFragment {
        """
        EXISTS (SELECT 1 FROM json_each(\(field.column)) d WHERE d.key = \(field.name) AND d.type = 'text' AND \(second) AND CASE \
        WHEN d.value NOT GLOB '[0-9]*' THEN NULL \
        WHEN date(unixepoch(d.value), 'unixepoch') IS d.value THEN unixepoch(d.value) \
        WHEN strftime('%Y-%m-%dT%H:%M:%S', unixepoch(substr(d.value, 1, 19)), 'unixepoch') IS NOT substr(d.value, 1, 19) THEN NULL \
        WHEN d.value GLOB '*Z' AND (length(d.value) = 20 OR length(d.value) BETWEEN 22 AND 30 \
        AND rtrim(substr(d.value, 20, length(d.value) - 20), '0123456789') = '.') \
        THEN unixepoch(substr(d.value, 1, 19) || 'Z') \
        WHEN d.value GLOB '*[-+][0-9][0-9]:[0-9][0-9]' AND (length(d.value) = 25 OR length(d.value) BETWEEN 27 AND 35 \
        AND rtrim(substr(d.value, 20, length(d.value) - 25), '0123456789') = '.') \
        THEN unixepoch(substr(d.value, 1, 19) || substr(d.value, -6)) END \(match))
        """
    }

    /// The days `MM-DD` from today (UTC) on.
    private static func anniversaries(of now: Timestamp, days: Int64) -> [String] {
        let today = Int64((Double(now.seconds) / 86_400).rounded(.down))
        var words: [String] = []
        for day in today..<(today + days) {
            let date = CivilDate(daysSinceEpoch: day)
            words.append(word(month: date.month, day: date.day))
            if date.month == 2, date.day == 28, CivilDate.days(inMonth: 2, of: date.year) == 28 { words.append("02-29") }
        }
        return words
    }

    private static func word(month: Int64, day: Int64) -> String {
        "\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
    }
}
