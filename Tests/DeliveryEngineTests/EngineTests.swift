import Core
import DeliveryEngine
import Linux
import Storage
import Testing

@Suite struct EngineTests {
    @Test func `everybody gets it once, and the campaign ends`() async throws {
        let fixture = try await EngineFixture(people: 500, provider: StubProvider())
        let campaign = try await fixture.launch()
        #expect(try await fixture.finishes(campaign))
        #expect(try await fixture.states(of: campaign) == [.accepted: 500])
        let received = fixture.provider.received
        #expect(received.count == 500)
        #expect(Set(received.map(\.key)).count == 500)
        #expect(try await fixture.ledger.verify().isEmpty)
        try await fixture.close()
    }

    @Test func `a dead address is rejected, kept as invalid, and skipped by the next campaign`() async throws {
        let dead = EngineFixture.token(3)
        let fixture = try await EngineFixture(people: 10, provider: StubProvider { address, _ in (address == dead ? 410 : 200, nil) })
        let first = try await fixture.launch()
        #expect(try await fixture.finishes(first))
        #expect(try await fixture.states(of: first) == [.accepted: 9, .rejected: 1])
        #expect(try await fixture.eventually { try await fixture.invalid() == [dead] })
        let second = try await fixture.launch()
        #expect(try await fixture.finishes(second))
        #expect(try await fixture.states(of: second) == [.accepted: 9, .skipped: 1])
        #expect(try await fixture.ledger.report(second)?.byReason == [.subscriptionInvalid: 1])
        try await fixture.close()
    }

    @Test func `a throttled message is tried again with the same key, after the provider's wait`() async throws {
        let fixture = try await EngineFixture(people: 5, provider: StubProvider { _, number in number == 1 ? (429, 1) : (200, nil) })
        let campaign = try await fixture.launch()
        #expect(try await fixture.finishes(campaign))
        #expect(try await fixture.states(of: campaign) == [.accepted: 5])
        let byAddress = Dictionary(grouping: fixture.provider.received, by: \.address)
        #expect(byAddress.values.allSatisfy { Set($0.map(\.key)).count == 1 && $0.count == 2 })
        try await fixture.close()
    }

    @Test(arguments: [(DeliveryClass.atMostOnce, [DeliveryState.unknown: 4]), (.atLeastOnce, [.accepted: 4])])
    func `a connection cut after the request ends by the channel's class`(of: DeliveryClass, ends: [DeliveryState: Int]) async throws {
        let fixture = try await EngineFixture(people: 4, deliveryClass: of, provider: StubProvider { _, number in (number == 1 ? nil : 200, nil) })
        let campaign = try await fixture.launch()
        #expect(try await fixture.finishes(campaign))
        #expect(try await fixture.states(of: campaign) == ends)
        #expect(fixture.provider.received.count == (of == .atMostOnce ? 4 : 8))
        try await fixture.close()
    }

    @Test func `a refused configuration stops the account, charges nobody, and recovers`() async throws {
        let fixture = try await EngineFixture(people: 200, provider: StubProvider { _, _ in (401, nil) })
        let campaign = try await fixture.launch()
        let opened = try await fixture.eventually {
            fixture.engine.board.all.contains { if case .open = $0.breaker { true } else { false } }
        }
        #expect(opened)
        #expect(fixture.provider.received.count < 100)
        #expect(try await fixture.states(of: campaign).keys.allSatisfy { !$0.isTerminal })
        fixture.provider.behave { _, _ in (200, nil) }
        #expect(try await fixture.finishes(campaign))
        #expect(try await fixture.states(of: campaign) == [.accepted: 200])
        try await fixture.close()
    }

    @Test func `what is refused as a configuration while others are taken is that message's own fault`() async throws {
        let odd = EngineFixture.token(7)
        let fixture = try await EngineFixture(people: 30, provider: StubProvider { address, _ in (address == odd ? 401 : 200, nil) })
        let campaign = try await fixture.launch()
        #expect(try await fixture.finishes(campaign))
        #expect(try await fixture.states(of: campaign) == [.accepted: 29, .rejected: 1])
        try await fixture.close()
    }

    @Test func `an account told to slow down waits by itself, and charges nobody`() async throws {
        let total = Lock(0)
        let fixture = try await EngineFixture(people: 20, provider: StubProvider { _, _ in
            total.withLock { count in
                count += 1
                return (count <= 10 ? 429 : 200, nil)
            }
        })
        let campaign = try await fixture.launch()
        #expect(try await fixture.finishes(campaign))
        #expect(try await fixture.states(of: campaign) == [.accepted: 20])
        #expect(fixture.provider.received.count == 30)
        try await fixture.close()
    }

    @Test func `pause stops it, resume goes on, and nobody is missed or met twice`() async throws {
        let fixture = try await EngineFixture(people: 300, rate: 100, provider: StubProvider())
        let campaign = try await fixture.launch()
        #expect(try await fixture.eventually { fixture.provider.received.count > 20 })
        _ = try await fixture.store.write { try $0.transition(campaign, to: .paused) }
        fixture.engine.wake()
        #expect(try await fixture.eventually { try await fixture.states(of: campaign).keys.allSatisfy { $0 != .leased && $0 != .sending } })
        let paused = fixture.provider.received.count
        #expect(paused < 300)
        _ = try await fixture.store.write { try $0.transition(campaign, to: .running) }
        fixture.engine.wake()
        #expect(try await fixture.finishes(campaign))
        #expect(Set(fixture.provider.received.map(\.key)).count == 300)
        #expect(fixture.provider.received.count == 300)
        try await fixture.close()
    }

    @Test func `cancelling ends what has not begun`() async throws {
        let fixture = try await EngineFixture(people: 300, rate: 50, provider: StubProvider())
        let campaign = try await fixture.launch()
        #expect(try await fixture.eventually { fixture.provider.received.count > 5 })
        _ = try await fixture.store.write { try $0.transition(campaign, to: .cancelled) }
        fixture.engine.wake()
        #expect(try await fixture.eventually { try await fixture.ledger.run(of: campaign)?.finishedAt != nil })
        let states = try await fixture.states(of: campaign)
        #expect(states[.accepted] == fixture.provider.received.count)
        #expect(states[.cancelled] == 300 - fixture.provider.received.count)
        try await fixture.close()
    }

    @Test func `who opts out while it runs gets nothing more`() async throws {
        let fixture = try await EngineFixture(people: 100, rate: 25, provider: StubProvider())
        let campaign = try await fixture.launch()
        #expect(try await fixture.eventually { fixture.provider.received.count >= 3 })
        let reached = Set(fixture.provider.received.map(\.address))
        let refusing = (0..<100).map(EngineFixture.token).filter { !reached.contains($0) }.suffix(40)
        for token in refusing {
            let subscription = try #require(try await fixture.store.subscription(account: "ios", address: token))
            try await fixture.store.optOut(subscription: subscription.id, proof: ConsentProof(source: "test"))
        }
        let before = Set(fixture.provider.received.map(\.address))
        #expect(try await fixture.finishes(campaign))
        let after = Set(fixture.provider.received.map(\.address)).subtracting(before)
        // One batch of intents may have been committed when the last of them decided.
        #expect(after.intersection(refusing).count <= 1)
        #expect(try await fixture.ledger.report(campaign)?.byReason[.noConsent] ?? 0 >= 39 - before.intersection(refusing).count)
        try await fixture.close()
    }

    @Test(arguments: [RetryScope.account, .origin])
    func `a clock that is set back by a day makes nobody wait for a day`(whoeverAsksToWait scope: RetryScope) async throws {
        let time = ShiftedTime()
        let jumps = Lock<[Duration]>([])
        let provider = try StubProvider { _, number in number == 1 ? (429, 3) : (200, nil) }
        let fixture = try await EngineFixture(people: 5, faultScope: scope, time: time, provider: provider) { event in
            if case .clockJumped(let change) = event { jumps.withLock { $0.append(change) } }
        }
        let campaign = try await fixture.launch()
        #expect(try await fixture.eventually { try await fixture.states(of: campaign) == [.pending: 5] && fixture.provider.received.count >= 5 })
        time.shift(by: -86_400_000)
        #expect(try await fixture.finishes(campaign))
        #expect(try await fixture.states(of: campaign) == [.accepted: 5])
        #expect(fixture.provider.received.count == 10)
        time.shift(by: 7_200_000)
        // The two clocks are not read at the same instant.
        let told = try await fixture.eventually {
            zip(jumps.withLock { $0 }, [-86_400_000, 7_200_000] as [Int64]).count { abs($0.milliseconds - $1) < 2_000 } == 2
        }
        #expect(told, "\(jumps.withLock { $0 })")
        try await fixture.close()
    }

    @Test func `a message past its time expires`() async throws {
        let fixture = try await EngineFixture(people: 200, rate: 10, provider: StubProvider())
        let campaign = try await fixture.launch(#","ttl":"PT2S""#)
        #expect(try await fixture.finishes(campaign))
        let states = try await fixture.states(of: campaign)
        #expect((states[.expired] ?? 0) > 150)
        #expect((states[.expired] ?? 0) + (states[.accepted] ?? 0) == 200)
        try await fixture.close()
    }
}
