import Core
import DeliveryEngine
import Linux
import Storage
import Testing

@Suite struct MessageTests {
    @Test func `a message goes out once, with what it says`() async throws {
        let fixture = try await EngineFixture(people: 0, provider: StubProvider())
        try await fixture.add("u1", token: 7)
        let rows = try await fixture.end(of: fixture.post(to: "u1"))
        #expect(rows.map(\.state) == [.accepted] && rows.first?.attempt == 1)
        #expect(fixture.provider.received.map(\.address) == [EngineFixture.token(7)])
        #expect(try await fixture.ledger.verify().isEmpty)
        try await fixture.close()
    }

    @Test func `two messages to one person are two messages`() async throws {
        let fixture = try await EngineFixture(people: 0, provider: StubProvider())
        try await fixture.add("u1", token: 7)
        let (first, second) = (try await fixture.post(to: "u1"), try await fixture.post(to: "u1"))
        _ = (try await fixture.end(of: first), try await fixture.end(of: second))
        #expect(Set(fixture.provider.received.map(\.key)).count == 2)
        try await fixture.close()
    }

    @Test func `it overtakes a campaign that its account's rate holds back`() async throws {
        let fixture = try await EngineFixture(people: 100, rate: 20, provider: StubProvider())
        let campaign = try await fixture.launch()
        #expect(try await fixture.eventually { fixture.provider.received.count >= 3 })
        try await fixture.add("late", token: 5_000)
        #expect(try await fixture.end(of: fixture.post(to: "late")).map(\.state) == [.accepted])
        #expect(try await fixture.finishes(campaign))
        let place = try #require(fixture.provider.received.firstIndex { $0.address == EngineFixture.token(5_000) })
        #expect(fixture.provider.received.count == 101 && place < 60, "\(place)")
        try await fixture.close()
    }

    @Test(arguments: [false, true])
    func `a campaign whose provider does not answer leaves it a place on the wire`(_ startsWithOne: Bool) async throws {
        let provider = try StubProvider()
        let fixture = try await EngineFixture(people: 200, places: 32, startsWithOne: startsWithOne, provider: provider)
        let late = EngineFixture.token(5_000)
        // The first answer warms the connection up, and lets the others begin.
        let warm = Lock(false)
        provider.hold { address in address != late && warm.withLock { was in defer { was = true }; return was } }
        let campaign = try await fixture.launch()
        #expect(try await fixture.eventually { fixture.engine.board.all.contains { $0.inFlight == 30 } })
        try await fixture.add("late", token: 5_000)
        #expect(try await fixture.end(of: fixture.post(to: "late")).map(\.state) == [.accepted])
        #expect(provider.received.count <= 32)
        provider.letGo()
        #expect(try await fixture.finishes(campaign))
        #expect(try await fixture.states(of: campaign) == [.accepted: 200])
        try await fixture.close()
    }

    @Test func `a throttled one is tried again with the same key`() async throws {
        let fixture = try await EngineFixture(people: 0, provider: StubProvider { _, number in number == 1 ? (429, 1) : (200, nil) })
        try await fixture.add("u1", token: 7)
        #expect(try await fixture.end(of: fixture.post(to: "u1")).map(\.attempt) == [2])
        #expect(fixture.provider.received.count == 2 && Set(fixture.provider.received.map(\.key)).count == 1)
        try await fixture.close()
    }

    @Test func `who opted out, or has no address, gets none, and the reason says so`() async throws {
        let fixture = try await EngineFixture(people: 0, provider: StubProvider())
        try await fixture.add("out", token: 1, optIn: false)
        let reasons = try await fixture.end(of: fixture.post(to: "out")).map(\.reason)
        #expect(reasons == [.noConsent])
        _ = try await fixture.store.write { try $0.profileIDOrNew("nobody") }
        #expect(try await fixture.end(of: fixture.post(to: "nobody")).map(\.reason) == [.noSubscription])
        #expect(fixture.provider.received.isEmpty)
        try await fixture.close()
    }

    @Test func `what its template lacks skips it`() async throws {
        let fixture = try await EngineFixture(people: 0, provider: StubProvider())
        try await fixture.add("u1", token: 7)
        #expect(try await fixture.end(of: fixture.post(to: "u1", body: "Hi {{ profile.first_name }}")).map(\.reason) == [.variableMissing])
        try await fixture.close()
    }

    @Test func `what becomes of messages comes into the outbox once, in every round and after a restart`() async throws {
        let fixture = try await EngineFixture(people: 30, provider: StubProvider { address, _ in (address == EngineFixture.token(3) ? 413 : 200, nil) })
        let webhook = try await fixture.store.write {
            try $0.createWebhook(url: "https://example.com/", description: "", events: [.messageAccepted, .messageRejected, .messageSkipped])
        }
        func told() async throws -> [WebhookDelivery] { try await fixture.store.read { try $0.deliveries(of: webhook.id, limit: 1_000).reversed() } }
        let campaign = try await fixture.launch()
        for number in 0..<5 { _ = try await fixture.post(to: "u\(number)") }
        _ = try await fixture.post(to: "u5", body: "Hi {{ profile.first_name }}")
        #expect(try await fixture.eventually { try await told().count == 6 })
        #expect(try await fixture.finishes(campaign))
        try await fixture.restart()
        _ = try await fixture.post(to: "u6")
        #expect(try await fixture.eventually { try await told().count == 7 })
        #expect(try await fixture.eventually { try await fixture.ledger.messageEvents(after: 0, limit: 10).isEmpty })
        let all = try await told()
        let types = Dictionary(grouping: all, by: \.type).mapValues(\.count)
        #expect(types == ["message.accepted": 5, "message.rejected": 1, "message.skipped": 1])
        #expect(Set(all.map(\.message)).count == 7)
        try await fixture.close()
    }
}
