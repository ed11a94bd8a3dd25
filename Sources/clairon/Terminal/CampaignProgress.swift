import Core

/// How far the campaign is, read from one report after another.
struct CampaignProgress: Sendable {
    private(set) var state = ""
    private(set) var audience = 0
    private(set) var done = 0
    private var rate: Double?
    private var secondsLeft: Double?

    var isOver: Bool { ["finished", "cancelled", "expired", "failed"].contains(state) }
    var share: Double { audience == 0 ? 0 : Double(done) / Double(audience) }
    var text: String { DemoTexts.progress(done: done, of: audience, rate: isOver ? nil : rate, secondsLeft: isOver ? nil : secondsLeft) }

    /// - Parameter elapsed: since the launch, for when the report tells no rate yet.
    /// - Returns: whether anything moved.
    mutating func take(_ report: JSONValue, at elapsed: Duration) -> Bool {
        let before = (state, done)
        state = report["state"]?.string ?? ""
        audience = Int(report["audience"]?.int ?? 0)
        let open = ["pending", "leased", "sending"].reduce(Int64(0)) { $0 + (report["by_state"]?[$1]?.int ?? 0) }
        done = max(0, audience - Int(open))
        let own = Double(done) * 1_000 / Double(max(1, elapsed.milliseconds))
        rate = report["rate"]?["per_second"]?.number ?? own
        if let rate, rate >= 1 { secondsLeft = Double(open) / rate } else { secondsLeft = nil }
        return before != (state, done)
    }
}
