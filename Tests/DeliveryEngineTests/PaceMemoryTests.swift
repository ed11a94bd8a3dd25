import Core
@testable import DeliveryEngine
import Linux
import Storage
import Testing

@Suite struct PaceMemoryTests {
    private let time = ManualTime()
    private var clock: SenderClock { SenderClock(time) }

    private func pace() -> AccountPace { AccountPace(ceiling: 100, ramp: .zero) }

    /// A provider's word on what was sent just now.
    private func throttle(_ pace: inout AccountPace, for milliseconds: Int64) {
        _ = pace.throttled(for: milliseconds, sentAt: clock.monotonic, now: clock.monotonic)
    }

    @Test func `a wait that the provider asks for is written at once, and never ends too early`() throws {
        var (memory, pace) = (PaceMemory(nil), pace())
        time.advance(milliseconds: 10_300)
        #expect(memory.news(of: pace, clock) == nil && memory.deadline(of: pace) == nil)
        for (pause, wait) in [(0, 5_000), (1, 9_000), (400, 20_000)] as [(Int64, Int64)] {
            time.advance(milliseconds: pause)
            throttle(&pace, for: wait)
            #expect(try #require(memory.deadline(of: pace)) <= clock.monotonic)
            let until = try #require(memory.news(of: pace, clock)?.blockedUntil)
            #expect(until >= clock.wall + .milliseconds(wait) && until < clock.wall + .milliseconds(wait + 1_000))
            #expect(memory.news(of: pace, clock) == nil && memory.deadline(of: pace) == nil)
        }
    }

    @Test func `what many answers ask for within a second is written once`() {
        var (memory, pace) = (PaceMemory(nil), pace())
        time.advance(milliseconds: 10_001)
        var written = 0
        for _ in 0..<900 {
            throttle(&pace, for: 30_000)
            if memory.news(of: pace, clock) != nil { written += 1 }
            time.advance(milliseconds: 1)
        }
        #expect(written == 1)
    }

    @Test func `a rate that changes is written once a second`() throws {
        var (memory, pace) = (PaceMemory(nil), pace())
        time.advance(milliseconds: 10_000)
        throttle(&pace, for: 1_000)
        #expect(memory.news(of: pace, clock) != nil)
        var times: [Int64] = []
        for _ in 0..<50 {
            time.advance(milliseconds: 100)
            _ = pace.available(now: clock.monotonic)
            pace.take(5, now: clock.monotonic)
            pace.accepted(sentAt: clock.monotonic, now: clock.monotonic)
            if memory.news(of: pace, clock) != nil { times.append(clock.monotonic) }
        }
        #expect(times.count >= 3 && zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= 1_000 }, "\(times)")
    }

    @Test func `what could not be written is tried again a second later, not at every turn`() {
        var (memory, pace) = (PaceMemory(nil), pace())
        time.advance(milliseconds: 10_000)
        throttle(&pace, for: 60_000)
        #expect(memory.news(of: pace, clock) != nil)
        memory.forget()
        time.advance(milliseconds: 999)
        #expect(memory.news(of: pace, clock) == nil && memory.deadline(of: pace) == 11_000)
        time.advance(milliseconds: 1)
        #expect(memory.news(of: pace, clock) != nil)
    }
}
