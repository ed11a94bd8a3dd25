import Core

/// The report as tables.
struct DemoSummary {
    private let report: JSONValue

    init(_ report: JSONValue) { self.report = report }

    func show(on screen: Screen) {
        screen.heading(DemoTexts.report)
        var rows: [(name: String, numbers: [Int])] = []
        for channel in DemoCampaign.channels {
            guard let counts = report["by_channel"]?[channel.rawValue]?["by_state"] else { continue }
            rows.append((channel.rawValue, numbers(counts)))
        }
        let all = numbers(report["by_state"] ?? .null)
        let rest = all.indices.map { place in all[place] - rows.reduce(0) { $0 + $1.numbers[place] } }
        if rest.contains(where: { $0 != 0 }) { rows.append((DemoTexts.noChannel, rest)) }
        rows.append((DemoTexts.total, all))
        screen.table(DemoTexts.columns, rows)

        screen.heading(DemoTexts.reasons)
        let reasons = (report["by_reason"]?.object?.members ?? []).filter { ($0.value.int ?? 0) > 0 }
        for reason in reasons.sorted(by: { ($0.value.int ?? 0, $1.name) > ($1.value.int ?? 0, $0.name) }) {
            let count = DemoTexts.padLeft(DemoTexts.number(Int(reason.value.int ?? 0)), 7)
            screen.line("  \(count)  \(DemoTexts.pad(reason.name, 22))\(DemoTexts.reason(reason.name))")
        }
    }

    private func numbers(_ states: JSONValue) -> [Int] {
        DemoTexts.columns.map { Int(states[$0]?.int ?? 0) }
    }

    /// What a person read, on one line of a narrow terminal. A browser gets the payload as JSON.
    static func oneLine(_ text: String, _ channel: Channel) -> String {
        var text = text
        if channel == .webpush, let json = try? JSONValue(parsing: Array(text.utf8)) {
            let texts = json["notification"] ?? json
            text = [texts["title"]?.string, texts["body"]?.string].compactMap(\.self).joined(separator: "\n")
        }
        let line = text.split(separator: "\n").joined(separator: " | ")
        return line.count <= 66 ? line : line.prefix(65) + "…"
    }
}
