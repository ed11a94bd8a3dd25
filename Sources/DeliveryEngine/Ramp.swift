/// From a fifth of the full rate to all of it within a while, and anew after a pause of that length: how a provider wants
/// traffic to begin that it scales for. A value; `now` is monotonic milliseconds.
package struct Ramp: Sendable {
    private let full: Double
    private let duration: Int64
    private var startedAt: Int64?
    private var usedAt: Int64 = 0

    private static let start = 0.2

    /// - Parameters:
    ///   - full: messages per second at the end.
    ///   - duration: milliseconds.
    package init(to full: Double, over duration: Int64) {
        precondition(duration > 0, "no ramp is no value of this type")
        self.full = full
        self.duration = duration
    }

    /// Messages per second at a moment at which there is something to send.
    package mutating func rate(now: Int64) -> Double {
        if startedAt == nil || now - usedAt >= duration { startedAt = now }
        usedAt = now
        let passed = Double(now - (startedAt ?? now)) / Double(duration)
        return full * min(1, Ramp.start + (1 - Ramp.start) * passed)
    }
}
