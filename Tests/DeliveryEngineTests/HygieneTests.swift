import Core
import DeliveryEngine
import Linux
import Storage
import Testing

/// What keeps one account's or one stranger's trouble from costing others, over real sockets.
@Suite struct HygieneTests {
    @Test func `a wave of dead addresses removes none, pauses the campaign, and is believed once a person says so`() async throws {
        let stops = Lock<[String]>([])
        let fixture = try await EngineFixture(people: 300, provider: StubProvider { _, _ in (410, nil) }) { event in
            if case .accountStopped(_, let reason) = event { stops.withLock { $0.append(reason) } }
        }
        let campaign = try await fixture.launch()
        #expect(try await fixture.eventually { try await fixture.state(of: campaign) == .paused })
        let paused = try #require(try await fixture.store.read { try $0.campaign(campaign) })
        #expect(paused.reason?.hasPrefix("provider_config: account ios is stopped: ") == true, "\(paused.reason ?? "")")
        #expect(paused.reason?.contains("find fault with the address (410)") == true)
        #expect(try await fixture.eventually { fixture.engine.board.all.allSatisfy { $0.inFlight == 0 && $0.waiting == 0 } })
        #expect(try await fixture.invalid().isEmpty)
        let first = Set(fixture.provider.received.map(\.address))
        #expect(first.count < 100)

        _ = try await fixture.store.write { try $0.transition(campaign, to: .running) }
        fixture.engine.wake()
        #expect(try await fixture.finishes(campaign))
        #expect(try await fixture.states(of: campaign) == [.rejected: 300])
        #expect(try await fixture.eventually { try await fixture.invalid().count == 300 - first.count })
        #expect(try await fixture.invalid().isDisjoint(with: first))
        #expect(stops.withLock { $0 }.count == 1)
        try await fixture.close()
    }

    @Test func `a stopped account does not take another campaign for a person's word`() async throws {
        let fixture = try await EngineFixture(people: 100, provider: StubProvider { _, _ in (410, nil) })
        let campaign = try await fixture.launch()
        #expect(try await fixture.eventually { try await fixture.state(of: campaign) == .paused })
        #expect(try await fixture.eventually { fixture.engine.board.all.allSatisfy { $0.inFlight == 0 && $0.waiting == 0 } })
        let before = fixture.provider.received.count
        fixture.provider.behave { _, _ in (200, nil) }
        let other = try await fixture.launch()
        #expect(try await fixture.eventually { fixture.engine.board.all.contains { $0.waiting > 0 } })
        #expect(fixture.provider.received.count == before)
        _ = try await fixture.store.write { try $0.transition(campaign, to: .running) }
        fixture.engine.wake()
        #expect(try await fixture.finishes(campaign))
        #expect(try await fixture.finishes(other))
        #expect(try await fixture.states(of: other) == [.accepted: 100])
        try await fixture.close()
    }

    @Test func `a stranger's server that never answers does not hold the places of the others`() async throws {
        let mute = try MuteServer()
        let ports = Dictionary(uniqueKeysWithValues: (0..<60).map { (EngineFixture.token($0), mute.port) })
        let fixture = try await EngineFixture(people: 200, faultScope: .origin, places: 32, ports: ports, provider: StubProvider())
        let campaign = try await fixture.launch()
        #expect(try await fixture.eventually { try await fixture.states(of: campaign)[.accepted] == 140 })
        // None of the stranger's requests has timed out: its places were never all.
        let status = try #require(fixture.engine.board.all.first)
        #expect(status.outcomes["ambiguous"] == nil)
        #expect(try await fixture.states(of: campaign)[.sending] ?? 0 <= 8)
        try await fixture.close()
    }

    @Test func `a stranger's server that had answered and falls silent leaves places to the others`() async throws {
        let silent = try StubProvider()
        // It answers ten people, and nobody after them.
        let answered = Set((0..<10).map(EngineFixture.token))
        silent.hold { !answered.contains($0) }
        let ports = Dictionary(uniqueKeysWithValues: (0..<100).map { (EngineFixture.token($0), silent.port) })
        let fixture = try await EngineFixture(people: 200, faultScope: .origin, places: 32, ports: ports, provider: StubProvider())
        let campaign = try await fixture.launch()
        #expect(try await fixture.eventually { try await fixture.states(of: campaign)[.accepted] == 110 })
        #expect(fixture.engine.board.all.first?.outcomes["ambiguous"] == nil, "none of its requests has timed out")
        #expect(try await fixture.states(of: campaign)[.sending] ?? 0 <= 24)
        silent.letGo()
        #expect(try await fixture.finishes(campaign))
        #expect(try await fixture.states(of: campaign) == [.accepted: 200])
        try await fixture.close()
        await silent.stop()
    }

    @Test func `an open breaker lets one message find out`() async throws {
        let time = ShiftedTime()
        let fixture = try await EngineFixture(people: 200, time: time, provider: StubProvider { _, _ in (401, nil) })
        let campaign = try await fixture.launch()
        func openUntil() -> Int64? {
            guard let status = fixture.engine.board.all.first, status.inFlight == 0, case .open(let until, _) = status.breaker else { return nil }
            return until
        }
        #expect(try await fixture.eventually { try await fixture.states(of: campaign)[.sending] == nil && openUntil() != nil })
        let first = try #require(openUntil())
        let before = fixture.provider.received.count
        #expect(before <= 8)
        time.pass(.seconds(6))
        #expect(try await fixture.eventually { openUntil().map { $0 > first } ?? false })
        #expect(fixture.provider.received.count == before + 1)
        try await fixture.close()
    }

    @Test func `an account that refuses for five minutes pauses its campaign with the reason`() async throws {
        let time = ShiftedTime()
        let fixture = try await EngineFixture(people: 200, time: time, provider: StubProvider { _, _ in (401, nil) })
        let campaign = try await fixture.launch()
        #expect(try await fixture.eventually { fixture.engine.board.all.contains { if case .open = $0.breaker { $0.waiting > 0 } else { false } } })
        time.pass(.seconds(301))
        #expect(try await fixture.eventually { try await fixture.state(of: campaign) == .paused })
        let paused = try await fixture.store.read { try $0.campaign(campaign) }
        #expect(paused?.reason == "provider_config: account ios refuses (401)")
        #expect(try await fixture.eventually { fixture.engine.board.all.allSatisfy { $0.inFlight == 0 && $0.waiting == 0 } })
        fixture.provider.behave { _, _ in (200, nil) }
        _ = try await fixture.store.write { try $0.transition(campaign, to: .running) }
        fixture.engine.wake()
        #expect(try await fixture.finishes(campaign))
        #expect(try await fixture.states(of: campaign) == [.accepted: 200])
        try await fixture.close()
    }

    @Test func `a service that refuses our configuration waits alone`() async throws {
        let odd = try StubProvider { _, _ in (401, nil) }
        let ports = Dictionary(uniqueKeysWithValues: (0..<10).map { (EngineFixture.token($0), odd.port) })
        let fixture = try await EngineFixture(people: 60, faultScope: .origin, ports: ports, provider: StubProvider())
        let campaign = try await fixture.launch()
        #expect(try await fixture.eventually { try await fixture.states(of: campaign) == [.accepted: 50, .pending: 10] })
        #expect(fixture.engine.board.all.allSatisfy { $0.breaker == .closed })
        try await fixture.close()
        await odd.stop()
    }
}
