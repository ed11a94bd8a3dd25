import Glibc

/// Where the demonstration is seen: lines, and on a terminal a bar that moves. Silent when only JSON is wanted.
struct Screen: Sendable {
    let isTerminal: Bool
    let isSilent: Bool

    init(isSilent: Bool) {
        self.isSilent = isSilent
        isTerminal = isatty(1) == 1
    }

    func line(_ text: String = "") {
        if !isSilent { Screen.write(text + "\n") }
    }

    func heading(_ text: String) {
        line()
        line(isTerminal ? "\u{1B}[1m\(text)\u{1B}[0m" : text)
    }

    /// - Parameter share: 0...1.
    func bar(_ share: Double, _ text: String) {
        guard !isSilent else { return }
        guard isTerminal else { return line("  \(DemoTexts.padLeft(String(Int(share * 100)), 3)) %  \(text)") }
        let width = 32
        let full = min(width, max(0, Int(share * Double(width))))
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
        Screen.write("\r\u{1B}[2K  \(bar)  \(text)")
    }

    /// Ends the line of the bar.
    func endBar() {
        if isTerminal { line() }
    }

    /// Columns of numbers under their names; the first column is text. A number that is zero is a dot.
    func table(_ names: [String], _ rows: [(name: String, numbers: [Int])]) {
        let first = max(12, (rows.map(\.name.count).max() ?? 0) + 2)
        line("  " + DemoTexts.pad("", first) + names.map { DemoTexts.padLeft($0, 11) }.joined())
        for row in rows {
            let cells = row.numbers.map { DemoTexts.padLeft($0 == 0 ? "·" : DemoTexts.number($0), 11) }
            line("  " + DemoTexts.pad(row.name, first) + cells.joined())
        }
    }

    static func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
