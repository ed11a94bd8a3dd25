/// How many messages left in the last second. A value; `now` is monotonic milliseconds.
struct SendMeter: Sendable {
    private var slots = [Int](repeating: 0, count: SendMeter.slotCount)
    /// The latest slot, counted since the clock's zero, and the first one of this stretch of sending.
    private var latest: Int64 = .min
    private var first: Int64 = .min

    private static let slotCount = 10
    private static let slotMilliseconds: Int64 = 100

    mutating func count(_ messages: Int, now: Int64) {
        move(to: now / SendMeter.slotMilliseconds)
        slots[Int(latest % Int64(SendMeter.slotCount))] += messages
    }

    /// Messages a second, over the last second or since the sending began.
    mutating func rate(now: Int64) -> Double {
        move(to: now / SendMeter.slotMilliseconds)
        let start = max(first, latest - Int64(SendMeter.slotCount) + 1) * SendMeter.slotMilliseconds
        return Double(slots.reduce(0, +)) * 1_000 / Double(max(SendMeter.slotMilliseconds, now - start))
    }

    private mutating func move(to slot: Int64) {
        guard slot > latest else { return }
        if latest == .min || slot - latest >= Int64(SendMeter.slotCount) {
            slots = [Int](repeating: 0, count: SendMeter.slotCount)
            first = slot
        } else {
            for passed in (latest + 1)...slot { slots[Int(passed % Int64(SendMeter.slotCount))] = 0 }
        }
        latest = slot
    }
}
