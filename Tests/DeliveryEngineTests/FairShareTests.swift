import Core
@testable import DeliveryEngine
import Linux
@testable import Storage
import Testing

@Suite struct FairShareTests {
    @Test func `two large campaigns get half of the account each, and a small one is done long before them`() async throws {
        let provider = try StubProvider()
        let fixture = try await EngineFixture(people: 300, provider: provider)
        for number in 0..<5 {
            try await fixture.add("few\(number)", token: 5_000 + number)
            try await fixture.store.write { _ = try $0.change(profile: "few\(number)", FairShareTests.tag) }
        }
        // Nothing goes before all three are in the lane.
        provider.hold { _ in true }
        let large = [try await fixture.launch(), try await fixture.launch()]
        let small = try await fixture.launch(audience: #"{"tag":"few"}"#)
        let total = 305 * 2 + 5
        #expect(try await fixture.eventually { fixture.engine.board.all.contains { $0.waiting + $0.inFlight == total } })
        provider.letGo()
        for campaign in large + [small] { #expect(try await fixture.finishes(campaign)) }
        let order = provider.received.map(\.campaign)
        #expect(order.count == total)
        // Behind what the first had committed ahead while it was alone.
        let together = order.dropFirst(80).prefix(220)
        for campaign in large {
            let share = together.count { $0 == campaign.description }
            #expect((88...132).contains(share), "\(share) of 220")
        }
        let end = try #require(order.lastIndex(of: small.description))
        // Behind what was committed ahead of it, and its turns.
        #expect(end < 120, "the small one ended at \(end) of \(total)")
        try await fixture.close()
    }

    @Test func `a turn is kept when the runs are told of anew`() {
        let runs = (1...3).map { SendingRun(run: RunID(rawValue: $0), campaign: CampaignID(rawValue: $0), pace: nil) { _ in FairShareTests.nothing } }
        var backlog = Backlog(messages: runs[0])
        _ = backlog.update(runs: runs)
        for run in 1...3 { _ = backlog.append((0..<4).map { FairShareTests.delivery($0, of: Int64(run)) }) }
        var order: [Int64] = []
        while let next = backlog.next(now: 0) {
            order.append(next.run.run.rawValue)
            _ = backlog.update(runs: runs)
        }
        #expect(order.count == 12)
        for start in stride(from: 0, to: 12, by: 3) { #expect(Set(order[start..<(start + 3)]) == [1, 2, 3], "\(order)") }
    }

    private static var tag: ProfileChange {
        var change = ProfileChange()
        change.tags = .set(["few"])
        return change
    }

    private static let nothing = MessageRendering.skipped(.variableMissing, detail: "", language: nil)

    private static func delivery(_ number: Int, of run: Int64) -> LeasedDelivery {
        LeasedDelivery(
            id: DeliveryID(rawValue: run * 100 + Int64(number)), run: RunID(rawValue: run), attempt: 1, failures: 0,
            recipient: LeasedRecipient(
                subscription: SubscriptionID(rawValue: 1), profile: ProfileID(rawValue: 1), address: .apns(token: EngineFixture.token(number)),
                windowExpiresAt: nil, subscriptionLanguage: nil, appVersion: nil, registeredAt: Timestamp(milliseconds: 0),
                language: nil, country: nil, timezone: nil, externalID: "u", attributes: "{}", tags: []),
            expiresAt: nil)
    }
}
