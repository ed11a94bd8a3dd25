import Core
import Linux
@testable import Storage
import Testing

@Suite struct ResolutionTests {
    /// A run of four on the SMS account: two `unknown`, one accepted, one pending.
    private func uncertain(_ fixture: LedgerFixture, expiresAt: Timestamp? = nil) async throws -> (run: LedgerRun, unknown: [DeliveryID]) {
        let run = try await fixture.freeze(fixture.addPeople(4, on: fixture.phone), on: fixture.phone, expiresAt: expiresAt)
        let ids = try await fixture.lease(run, 3, on: fixture.phone).deliveries.map(\.id)
        _ = try await fixture.intend(ids)
        for id in ids.prefix(2) { _ = try await fixture.record(id, .unknown(detail: "timeout")) }
        _ = try await fixture.record(ids[2], .accepted(providerID: nil))
        return (run, Array(ids.prefix(2)))
    }

    private func resolution(_ fixture: LedgerFixture, _ outcome: Resolution.Outcome, channel: Channel? = nil, account: Int64? = nil,
                            delivery: DeliveryID? = nil, token: String = "a", hash: [UInt8] = [1]) -> Resolution {
        Resolution(of: .campaign(fixture.campaign), outcome: outcome, channel: channel, account: account, delivery: delivery, token: token, requestHash: hash)
    }

    @Test(arguments: [(Resolution.Outcome.accepted, DeliveryState.accepted, Optional<Reason>.none), (.rejected, .rejected, .providerPermanent)])
    func `what is unknown is settled, nothing else, and once`(_ outcome: Resolution.Outcome, _ state: DeliveryState, _ reason: Reason?) async throws {
        let fixture = try await LedgerFixture()
        let (run, unknown) = try await uncertain(fixture)
        for _ in 0..<2 { #expect(try await fixture.ledger.resolve(resolution(fixture, outcome)) == .resolved(2)) }
        for id in unknown {
            let row = try await fixture.delivery(id)
            #expect(row.state == state && row.reason == reason && row.detail == "operator")
        }
        #expect(try await fixture.ledger.resolve(resolution(fixture, outcome, token: "b")) == .resolved(0))
        #expect(try await fixture.ledger.resolve(resolution(fixture, outcome, hash: [2])) == .tokenReused)
        #expect(try await fixture.byState(run)[.pending] == 1)
        #expect(try await fixture.ledger.verify().isEmpty)
        try fixture.close()
    }

    @Test func `it can be narrowed down to a channel, an account, a delivery`() async throws {
        let fixture = try await LedgerFixture()
        let (run, unknown) = try await uncertain(fixture)
        #expect(try await fixture.ledger.resolve(resolution(fixture, .accepted, channel: .apns, token: "1")) == .resolved(0))
        #expect(try await fixture.ledger.resolve(resolution(fixture, .accepted, account: fixture.ios, token: "2")) == .resolved(0))
        #expect(try await fixture.ledger.resolve(resolution(fixture, .accepted, delivery: unknown[0], token: "3")) == .resolved(1))
        #expect(try await fixture.ledger.resolve(resolution(fixture, .accepted, delivery: DeliveryID(rawValue: 999), token: "4")) == .notOfRun)
        #expect(try await fixture.ledger.resolve(resolution(fixture, .accepted, channel: .sms, account: fixture.phone, token: "5")) == .resolved(1))
        #expect(try await fixture.byState(run)[.accepted] == 3)
        try fixture.close()
    }

    @Test func `what is sent again is leased again, with its next attempt`() async throws {
        let fixture = try await LedgerFixture()
        let (run, unknown) = try await uncertain(fixture)
        #expect(try await fixture.ledger.resolve(resolution(fixture, .resend, delivery: unknown[0])) == .resolved(1))
        let again = try await fixture.lease(run, 10, on: fixture.phone).deliveries
        #expect(again.count == 2 && again.first { $0.id == unknown[0] }?.attempt == 2)
        #expect(try await fixture.ledger.verify().isEmpty)
        try fixture.close()
    }

    @Test(arguments: ["finished", "cancelled", "expired"])
    func `nothing goes again once its run is over`(_ end: String) async throws {
        let fixture = try await LedgerFixture()
        let (run, _) = try await uncertain(fixture, expiresAt: fixture.now + .seconds(60))
        switch end {
        case "expired": fixture.time.advance(milliseconds: 60_000)
        case "cancelled": try await fixture.move(to: .cancelled)
        default:
            let ids = try await fixture.lease(run, on: fixture.phone).deliveries.map(\.id)
            _ = try await fixture.intend(ids)
            _ = try await fixture.record(ids[0], .accepted(providerID: nil))
            guard case .finished = try await fixture.ledger.finishIfDone(run.id) else { Issue.record("it is not finished"); break }
        }
        #expect(try await fixture.ledger.resolve(resolution(fixture, .resend)) == .isOver)
        #expect(try await fixture.byState(run)[.unknown] == 2)
        #expect(try await fixture.ledger.resolve(resolution(fixture, .rejected)) == .resolved(2))
        #expect(try await fixture.ledger.verify().isEmpty)
        try fixture.close()
    }

    @Test(arguments: [(Resolution.Outcome.accepted, DeliveryState.accepted), (.rejected, .rejected), (.resend, .pending)])
    func `a message's row is settled, told of, and sent again in its time alone`(_ outcome: Resolution.Outcome, _ state: DeliveryState) async throws {
        let fixture = try await LedgerFixture()
        _ = try await fixture.store.write {
            try $0.createWebhook(url: "https://example.com/", description: "", events: [.messageAccepted, .messageRejected])
        }
        let message = try await fixture.message(to: fixture.addPeople(1, on: fixture.phone)[0], ttl: .seconds(60))
        func resolution(_ outcome: Resolution.Outcome, _ token: String) -> Resolution {
            Resolution(of: .message(message), outcome: outcome, channel: nil, account: nil, delivery: nil, token: token, requestHash: [1])
        }
        #expect(try await fixture.ledger.resolve(resolution(outcome, "early")) == .notBegun)
        let lease = try #require(try await fixture.freezeMessages().leases[fixture.phone]?.deliveries.first)
        _ = try await fixture.intendUrgent([lease.id])
        _ = try await fixture.record(lease.id, .unknown(detail: "timeout"))
        for _ in 0..<2 { #expect(try await fixture.ledger.resolve(resolution(outcome, "a")) == .resolved(1)) }
        let row = try await fixture.delivery(lease.id)
        #expect(row.state == state && row.detail == "operator")
        #expect(try await fixture.ledger.messageEvents(after: 0, limit: 10).map(\.state) == (outcome == .resend ? [] : [state]))
        fixture.time.advance(milliseconds: 60_000)
        #expect(try await fixture.ledger.resolve(resolution(.resend, "b")) == .isOver)
        #expect(try await fixture.ledger.verify().isEmpty)
        try fixture.close()
    }
}
