import DeliveryEngine
import Testing

@Suite struct AdaptiveRateTests {
    /// A provider that takes so many a second and throttles the rest, and an account that sends what it may.
    private func run(_ rate: inout AdaptiveRate, seconds: Range<Int64>, provider: Double, wants: Double = 1_000) -> Double {
        var accepted = 0
        for now in stride(from: seconds.lowerBound * 1_000, to: seconds.upperBound * 1_000, by: 10) {
            guard now >= rate.blockedUntil else { continue }
            let sending = min(rate.current ?? wants, wants) / 100
            rate.sent(Int(sending.rounded(.up)), now: now)
            if sending * 100 > provider {
                _ = rate.throttled(for: nil, sentAt: now, now: now)
            } else {
                accepted += Int(sending.rounded(.up))
                rate.accepted(sentAt: now, now: now)
            }
        }
        return Double(accepted) / Double(seconds.count)
    }

    @Test func `a throttle halves what was sent in the last second, once for all that was under way`() {
        var rate = AdaptiveRate(ceiling: 1_000)
        for now in stride(from: Int64(0), to: 2_000, by: 10) { rate.sent(10, now: now) }
        #expect(rate.throttled(for: nil, sentAt: 1_990, now: 2_000) == 1_000)
        #expect(rate.current == 500)
        for late in stride(from: Int64(1_500), through: 2_000, by: 100) { _ = rate.throttled(for: nil, sentAt: late, now: 2_100) }
        #expect(rate.current == 500)
        #expect(rate.blockedUntil == 3_000)
        rate.sent(50, now: 3_100)
        #expect(rate.throttled(for: nil, sentAt: 3_100, now: 3_200) == 2_000)
        #expect(rate.blockedUntil == 5_200)
    }

    @Test func `a limit that was not used up is not halved but what was used`() {
        var rate = AdaptiveRate(ceiling: 1_000)
        for now in stride(from: Int64(0), to: 2_000, by: 10) { rate.sent(1, now: now) }
        _ = rate.throttled(for: 5_000, sentAt: 1_990, now: 2_000)
        #expect(rate.current == 50)
    }

    @Test func `the provider's wait is always kept, whenever the request was sent`() {
        var rate = AdaptiveRate(ceiling: 100)
        rate.sent(100, now: 1_000)
        #expect(rate.throttled(for: 2_000, sentAt: 1_000, now: 1_100) == 2_000)
        #expect(rate.throttled(for: 30_000, sentAt: 1_050, now: 1_200) == 30_000)
        #expect(rate.blockedUntil == 31_200)
    }

    @Test func `it climbs back to the ceiling and no further, in half a minute of being accepted`() {
        var rate = AdaptiveRate(ceiling: 100)
        rate.sent(100, now: 900)
        _ = rate.throttled(for: 0, sentAt: 900, now: 1_000)
        let lowered = rate.current ?? 0
        #expect(lowered <= 50)
        for now in stride(from: Int64(1_100), through: 10_000, by: 100) { rate.accepted(sentAt: now, now: now) }
        #expect((lowered + 28...lowered + 32).contains(rate.current ?? 0))
        for now in stride(from: Int64(10_100), through: 60_000, by: 100) { rate.accepted(sentAt: now, now: now) }
        #expect(rate.current == 100)
    }

    @Test func `what is accepted after a pause raises it by a second's worth, not by the pause's`() {
        var rate = AdaptiveRate(ceiling: 300)
        rate.sent(300, now: 900)
        _ = rate.throttled(for: 0, sentAt: 900, now: 1_000)
        let lowered = rate.current ?? 0
        rate.accepted(sentAt: 3_600_000, now: 3_600_010)
        #expect(rate.current == lowered + 10)
    }

    @Test func `without a configured rate it starts from what was sent, and is free again far above it`() {
        var rate = AdaptiveRate(ceiling: nil)
        #expect(rate.current == nil)
        for now in stride(from: Int64(0), to: 1_000, by: 10) { rate.sent(4, now: now) }
        _ = rate.throttled(for: 0, sentAt: 990, now: 1_000)
        #expect(rate.current == 200)
        for now in stride(from: Int64(1_000), through: 40_000, by: 100) { rate.accepted(sentAt: now, now: now) }
        #expect(rate.current ?? 0 > 600)
        for now in stride(from: Int64(40_100), through: 60_000, by: 100) { rate.accepted(sentAt: now, now: now) }
        #expect(rate.current == nil)
    }

    @Test(arguments: [nil, 1_000] as [Double?])
    func `it finds the rate that a provider bears`(ceiling: Double?) {
        var rate = AdaptiveRate(ceiling: ceiling)
        _ = run(&rate, seconds: 0..<60, provider: 200)
        #expect(run(&rate, seconds: 60..<360, provider: 200) > 100)
    }

    @Test func `answers that come much later than they did lower it, once for what was under way`() {
        var rate = AdaptiveRate(ceiling: 1_000)
        var now: Int64 = 0
        func answers(_ count: Int, after milliseconds: Int64) {
            for _ in 0..<count {
                now += 1
                rate.sent(1, now: now)
                rate.answered(sentAt: now - milliseconds, now: now)
            }
        }
        answers(2_000, after: 40)
        #expect(rate.current == 1_000)
        answers(1_000, after: 150)
        #expect(rate.current == 1_000)
        answers(100, after: 600)
        let lowered = 750.0...850
        #expect(lowered.contains(rate.current ?? 0))
        // These were sent before.
        answers(400, after: 600)
        #expect(lowered.contains(rate.current ?? 0))
        answers(400, after: 600)
        #expect(rate.current ?? 0 < 700)
    }

    @Test func `one answer in ten that takes half a minute says nothing`() {
        var rate = AdaptiveRate(ceiling: 1_000)
        for now in Int64(40_000)..<60_000 { rate.answered(sentAt: now % 10 == 0 ? now - 30_000 : now - 20, now: now) }
        #expect(rate.current == 1_000)
    }

    @Test func `a restart goes on with what was learnt`() {
        var rate = AdaptiveRate(ceiling: 100)
        rate.restore(20, blockedUntil: 5_000)
        #expect(rate.current == 20 && rate.blockedUntil == 5_000)
        var lower = AdaptiveRate(ceiling: 10)
        lower.restore(20, blockedUntil: 0)
        #expect(lower.current == 10)
    }
}

@Suite struct AccountPaceTests {
    /// Sends whatever may go, every 10 ms.
    private func sent(_ pace: inout AccountPace, _ milliseconds: Range<Int64>) -> Int {
        stride(from: milliseconds.lowerBound, to: milliseconds.upperBound, by: 10).reduce(0) { total, now in
            let count = pace.available(now: now)
            pace.take(count, now: now)
            return total + count
        }
    }

    @Test func `it ramps from a fifth to all, and anew after a pause`() {
        var pace = AccountPace(ceiling: 1_000, ramp: .seconds(60))
        #expect((190...225).contains(sent(&pace, 0..<1_000)))
        #expect((400...425).contains(sent(&pace, 1_000..<31_000) / 30))
        _ = sent(&pace, 31_000..<60_000)
        #expect((980...1_010).contains(sent(&pace, 60_000..<61_000)))
        // Less than its length is no pause.
        #expect((980...1_060).contains(sent(&pace, 120_000..<121_000)))
        #expect((190...225).contains(sent(&pace, 181_000..<182_000)))
    }

    @Test func `nothing goes while the provider's wait lasts, and then at half the rate`() {
        var pace = AccountPace(ceiling: 1_000, ramp: .zero)
        _ = sent(&pace, 0..<2_000)
        #expect(pace.throttled(for: 3_000, sentAt: 1_990, now: 2_000) == 3_000)
        #expect(sent(&pace, 2_000..<5_000) == 0)
        #expect(pace.nextAt(now: 2_100) >= 5_000)
        #expect((480...505).contains(sent(&pace, 5_000..<6_000)))
    }

    @Test func `without a rate nothing is counted until the first throttle`() {
        var pace = AccountPace(ceiling: nil, ramp: .seconds(60))
        #expect(pace.available(now: 0) == .max && pace.ratePerSecond == nil)
        for now in stride(from: Int64(0), to: 1_000, by: 10) { pace.take(5, now: now) }
        _ = pace.throttled(for: nil, sentAt: 990, now: 1_000)
        #expect(pace.ratePerSecond == 250)
        #expect(pace.available(now: 1_500) == 0)
    }
}
