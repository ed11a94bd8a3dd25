import Core
import DeliveryEngine
import Linux
import Storage
import Testing

/// How an account's pace follows its provider, over real sockets.
@Suite struct PaceTests {
    @Test func `a restart in the middle of a throttle waits on, and goes on more slowly`() async throws {
        let fixture = try await EngineFixture(people: 60, rate: 100, provider: StubProvider { _, _ in (429, 6) })
        let campaign = try await fixture.launch()
        #expect(try await fixture.eventually { try await fixture.store.read { try $0.paces() }.values.contains { $0.blockedUntil != nil } })
        let saved = try #require(try await fixture.store.read { try $0.paces() }.values.first)
        #expect(try #require(saved.perSecond) <= 50)
        let until = try #require(saved.blockedUntil)
        let firstAfter = Lock<Timestamp?>(nil)
        fixture.provider.behave { _, _ in
            firstAfter.withLock { $0 = $0 ?? Timestamp(milliseconds: SystemTime().wallMilliseconds) }
            return (200, nil)
        }
        try await fixture.restart()
        #expect(try await fixture.eventually { fixture.engine.board.all.contains { $0.waitsUntil != nil && $0.ratePerSecond ?? 100 <= 50 } })
        #expect(try await fixture.finishes(campaign))
        #expect(try await fixture.states(of: campaign) == [.accepted: 60])
        // The clock that waits does not start at the same millisecond.
        #expect(try #require(firstAfter.withLock { $0 }) >= until - .milliseconds(5))
        try await fixture.close()
    }
}
