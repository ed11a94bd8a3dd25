import Core

extension DateTest {
    /// 0 or 1, never null; the rule of `DateText` in SQL.
    func sql(in field: JSONField, now: Timestamp) -> SQLFragment {
        switch self {
        case .before(let time): dated(field, "s < \(time.seconds)")
        case .after(let time): dated(field, "s >= \(time.seconds)")
        case .withinLast(let duration): dated(field, "s BETWEEN \((now - duration).seconds) AND \(now.seconds)")
        case .withinNext(let duration): dated(field, "s BETWEEN \(now.seconds) AND \((now + duration).seconds)")
        case .anniversaryIn(let days):
            dated(field, "s IS NOT NULL AND substr(t, 6, 5) IN \(list(of: DateTest.anniversaries(of: now, days: days)))")
        }
    }

    /// Whether the field is a date for which `match` holds: `t` is its text, `s` its seconds since 1970, null when it is no date.
    ///
    /// SQLite's functions read more than dates (`now`, `12:00`, a Julian day) and let the 31st of February pass as the 3rd of March,
    /// so the text must come out as it went in, by way of its seconds (which is where they carry days over). The fraction is cut off before they can round it.
    private func dated(_ field: JSONField, _ match: SQLFragment) -> SQLFragment {
        """
        EXISTS (SELECT 1 FROM (SELECT t, CASE \
        WHEN date(unixepoch(t), 'unixepoch') = t THEN CASE WHEN t GLOB '[0-9]*' THEN unixepoch(t) END \
        WHEN strftime('%Y-%m-%dT%H:%M:%S', unixepoch(substr(t, 1, 19)), 'unixepoch') = substr(t, 1, 19) AND t GLOB '[0-9]*' \
        AND (fraction = '' OR fraction GLOB '.[0-9]*' AND length(fraction) <= 10 AND fraction NOT GLOB '.*[^0-9]*') \
        THEN unixepoch(substr(t, 1, 19) || zone) END AS s \
        FROM (SELECT t, zone, substr(t, 20, length(t) - 19 - length(zone)) AS fraction \
        FROM (SELECT t, CASE WHEN t GLOB '*Z' THEN 'Z' WHEN t GLOB '*[-+][0-9][0-9]:[0-9][0-9]' THEN substr(t, -6) END AS zone \
        FROM (SELECT \(field.value) AS t WHERE \(field.isText))))) WHERE \(match))
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
