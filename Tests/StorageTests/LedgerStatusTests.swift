import Core
@testable import Storage
import Testing

/// What providers say after the fact.
@Suite struct LedgerStatusTests {
    /// A row that was handed to the provider, in `sending`.
    private func sending(_ fixture: LedgerFixture, on account: Int64? = nil) async throws -> DeliveryID {
        let run = try await fixture.freeze(try await fixture.addPeople(1, on: account), on: account)
        let id = try #require(try await fixture.lease(run, on: account).deliveries.first).id
        _ = try await fixture.intend([id])
        return id
    }

    @Test func `statuses are found by the provider's id and never go back`() async throws {
        let fixture = try await LedgerFixture()
        let id = try await sending(fixture, on: fixture.phone)
        _ = try await fixture.record(id, .accepted(providerID: "m1"))
        for (state, effect) in [(DeliveryState.delivered, StatusEffect.moved(id, .delivered)), (.delivered, .unchanged),
                                (.clicked, .moved(id, .clicked)), (.opened, .unchanged), (.rejected, .unchanged)] {
            #expect(try await fixture.ledger.apply(state, to: .provider("m1"), account: fixture.phone, detail: "", at: fixture.now) == effect)
        }
        #expect(try await fixture.ledger.apply(.clicked, to: .provider("m1"), account: fixture.ios, detail: "", at: fixture.now) == .early)
        #expect(try await fixture.ledger.apply(.opened, to: .delivery(id), account: fixture.ios, detail: "", at: fixture.now) == .notFound)
        try fixture.close()
    }

    @Test func `statuses that overtake the result are merged with it`() async throws {
        let fixture = try await LedgerFixture()
        let id = try await sending(fixture)
        for state in [DeliveryState.opened, .delivered, .opened] {
            #expect(try await fixture.ledger.apply(state, to: .provider("m1"), account: fixture.ios, detail: "", at: fixture.now) == .early)
        }
        #expect(try await fixture.record(id, .accepted(providerID: "m1")) == 0)
        #expect(try await fixture.delivery(id).state == .opened)
        #expect(try await fixture.ledger.forgetEarlyStatuses(before: fixture.now + .seconds(1)) == 0)
        try fixture.close()
    }

    @Test func `an early refusal ends the row, an early delivery beats it`() async throws {
        let fixture = try await LedgerFixture()
        let id = try await sending(fixture)
        _ = try await fixture.ledger.apply(.rejected, to: .provider("m1"), account: fixture.ios, detail: "30005", at: fixture.now)
        #expect(try await fixture.record(id, .accepted(providerID: "m1")) == 0)
        let row = try await fixture.delivery(id)
        #expect(row.state == .rejected)
        #expect(row.reason == .providerPermanent)
        #expect(row.detail == "30005")
        try fixture.close()

        let other = try await LedgerFixture()
        let second = try await sending(other)
        for state in [DeliveryState.rejected, .delivered] {
            _ = try await other.ledger.apply(state, to: .provider("m1"), account: other.ios, detail: "30005", at: other.now)
        }
        _ = try await other.record(second, .accepted(providerID: "m1"))
        #expect(try await other.delivery(second).state == .delivered)
        try other.close()
    }

    @Test func `a result after the callback that names our id completes the row`() async throws {
        let fixture = try await LedgerFixture()
        let id = try await sending(fixture)
        #expect(try await fixture.ledger.apply(.delivered, to: .delivery(id), account: fixture.ios, detail: "", at: fixture.now)
            == .moved(id, .delivered))
        #expect(try await fixture.record(id, .accepted(providerID: "m1")) == 0)
        #expect(try await fixture.delivery(id).providerID == "m1")
        #expect(try await fixture.delivery(id).language == "fr")
        #expect(try await fixture.delivery(id).state == .delivered)
        // The same again has nothing to add.
        #expect(try await fixture.record(id, .accepted(providerID: "m1")) == 1)
        #expect(try await fixture.record(id, .rejected(.providerPermanent, detail: "x")) == 1)
        try fixture.close()
    }

    @Test func `a message that was delivered does not go again`() async throws {
        let fixture = try await LedgerFixture()
        let id = try await sending(fixture)
        try await fixture.crash()
        #expect(try await fixture.delivery(id).state == .pending)
        _ = try await fixture.ledger.apply(.delivered, to: .delivery(id), account: fixture.ios, detail: "", at: fixture.now)
        let run = try #require(try await fixture.ledger.openRuns().first)
        #expect(try await fixture.lease(run).deliveries.isEmpty)
        #expect(try await fixture.ledger.finishIfDone(run.id) == .finished(at: fixture.now))
        try fixture.close()
    }

    @Test func `a watermark moves what was sent by then`() async throws {
        let fixture = try await LedgerFixture()
        let id = try await sending(fixture)
        let subscription = try #require(try await fixture.delivery(id).subscription)
        let sentAt = fixture.now
        _ = try await fixture.record(id, .accepted(providerID: nil))
        #expect(try await fixture.ledger.apply(.delivered, upTo: sentAt - .seconds(1), subscription: subscription) == 0)
        #expect(try await fixture.ledger.apply(.delivered, upTo: sentAt, subscription: subscription) == 1)
        #expect(try await fixture.ledger.apply(.opened, upTo: sentAt, subscription: subscription) == 1)
        #expect(try await fixture.ledger.apply(.delivered, upTo: sentAt, subscription: subscription) == 0)
        #expect(try await fixture.delivery(id).state == .opened)
        try fixture.close()
    }

    @Test func `a watermark says nothing about what may never have left`() async throws {
        let fixture = try await LedgerFixture()
        let id = try await sending(fixture)
        let subscription = try #require(try await fixture.delivery(id).subscription)
        _ = try await fixture.record(id, .unknown(detail: "timeout"))
        #expect(try await fixture.ledger.apply(.opened, upTo: fixture.now, subscription: subscription) == 0)
        #expect(try await fixture.delivery(id).state == .unknown)
        try fixture.close()
    }

    @Test func `statuses that nobody claims are forgotten`() async throws {
        let fixture = try await LedgerFixture()
        _ = try await fixture.ledger.apply(.delivered, to: .provider("x"), account: fixture.ios, detail: "", at: fixture.now)
        #expect(try await fixture.ledger.forgetEarlyStatuses(before: fixture.now) == 0)
        #expect(try await fixture.ledger.forgetEarlyStatuses(before: fixture.now + .seconds(1)) == 1)
        try fixture.close()
    }
}
