/// When a delivery is tried again (Standard Webhooks, "Retry schedule"): ten attempts over three days.
enum RetrySchedule {
    static let delays: [Duration] = [
        .seconds(5), .seconds(5 * 60), .seconds(30 * 60), .seconds(2 * 3_600), .seconds(5 * 3_600), .seconds(10 * 3_600), .seconds(14 * 3_600),
        .seconds(20 * 3_600), .seconds(24 * 3_600),
    ]

    /// How long to wait after so many attempts, and up to a fifth longer, so that what failed together does not come back together; nil when
    /// there have been enough.
    static func delay(after attempts: Int) -> Duration? {
        guard attempts >= 1, attempts <= delays.count else { return nil }
        return delays[attempts - 1] * Double.random(in: 1...1.2)
    }
}
