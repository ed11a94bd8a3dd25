import DeliveryEngine
import Testing

@Suite struct BreakerTests {
    @Test func `a refused configuration opens it at once`() {
        var breaker = Breaker()
        breaker.refused("403 InvalidProviderToken", now: 0)
        #expect(breaker.allowance(now: 1) == 0)
        #expect(breaker.openSince == 0)
    }

    @Test func `after the wait one message finds out`() throws {
        var breaker = Breaker()
        breaker.refused("403", now: 0)
        let retryAt = try #require(breaker.retryAt)
        #expect(breaker.allowance(now: retryAt - 1) == 0)
        #expect(breaker.allowance(now: retryAt) == 1)
        #expect(breaker.allowance(now: retryAt) == 0)
        breaker.worked(sentAt: retryAt, now: retryAt + 5)
        #expect(breaker.state == .closed)
        #expect(breaker.openSince == nil)
    }

    @Test func `each failed probe doubles the wait, up to five minutes`() throws {
        var breaker = Breaker()
        breaker.refused("401", now: 0)
        var waits: [Int64] = []
        for _ in 0..<9 {
            let now = try #require(breaker.retryAt)
            #expect(breaker.allowance(now: now) == 1)
            breaker.refused("401", now: now)
            waits.append(try #require(breaker.retryAt) - now)
        }
        #expect(waits == [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000, 300_000])
        #expect(breaker.openSince == 0)
    }

    @Test func `half of twenty failures open it, single ones do not`() {
        var breaker = Breaker()
        for _ in 0..<19 { breaker.failed("curl 28", now: 10) }
        #expect(breaker.state == .closed)
        breaker.failed("curl 28", now: 11)
        #expect(breaker.allowance(now: 12) == 0)

        var healthy = Breaker()
        for round in 0..<1_000 {
            healthy.worked(sentAt: Int64(round), now: Int64(round))
            healthy.worked(sentAt: Int64(round), now: Int64(round))
            healthy.failed("500", now: Int64(round))
        }
        #expect(healthy.state == .closed)
    }

    @Test func `new work gives it another chance at once`() {
        var breaker = Breaker()
        breaker.refused("401", now: 0)
        breaker.rearm(now: 100)
        #expect(breaker.openSince == 100)
        #expect(breaker.allowance(now: 100) == 1)
    }

    @Test func `a probe that could not start gives its turn back`() throws {
        var breaker = Breaker()
        breaker.refused("403", now: 0)
        let now = try #require(breaker.retryAt)
        #expect(breaker.allowance(now: now) == 1)
        breaker.probeNotStarted(now: now)
        #expect(breaker.allowance(now: now) == 1)
    }

    @Test func `what left before too many failed does not close it, what left after does`() throws {
        var breaker = Breaker()
        for _ in 0..<20 { breaker.failed("503", now: 1_000) }
        breaker.worked(sentAt: 990, now: 1_010)
        #expect(breaker.allowance(now: 1_020) == 0)
        let retryAt = try #require(breaker.retryAt)
        #expect(breaker.allowance(now: retryAt) == 1)
        breaker.worked(sentAt: retryAt, now: retryAt + 5)
        #expect(breaker.state == .closed)
    }

    @Test func `held, it opens to nothing but a person's word, and then to one message`() throws {
        var breaker = Breaker()
        breaker.hold("101 of the last 200", now: 0)
        breaker.worked(sentAt: 10, now: 20)
        breaker.refused("401", now: 30)
        breaker.rearm(now: 40)
        breaker.probeNotStarted(now: 50)
        #expect(breaker.allowance(now: 86_400_000) == 0)
        breaker.release(now: 86_400_000)
        #expect(breaker.allowance(now: 86_400_000) == 1)
        #expect(breaker.allowance(now: 86_400_000) == 0)
        breaker.worked(sentAt: 86_400_000, now: 86_400_010)
        #expect(breaker.state == .closed)
    }
}
