import Core
import GRDB
import Linux
@testable import Storage
import Testing

@Suite struct LedgerFinishTests {
    @Test func `a run finishes when every row is terminal, and not before`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(2), unreached: [900, 901])
        #expect(try await fixture.ledger.finishIfDone(run.id) == .open(2))
        #expect(try await fixture.byState(run) == [.pending: 2, .skipped: 2])
        let ids = try await fixture.lease(run).deliveries.map(\.id)
        #expect(try await fixture.ledger.finishIfDone(run.id) == .open(2))
        _ = try await fixture.intend(ids)
        _ = try await fixture.record(ids[0], .accepted(providerID: nil))
        #expect(try await fixture.ledger.finishIfDone(run.id) == .open(1))
        _ = try await fixture.record(ids[1], .unknown(detail: "timeout"))
        let end = fixture.now
        #expect(try await fixture.ledger.finishIfDone(run.id) == .finished(at: end))
        fixture.time.advance(milliseconds: 1_000)
        #expect(try await fixture.ledger.finishIfDone(run.id) == .finished(at: end))
        #expect(try await fixture.ledger.report(run.id)?.byReason == [.noSubscription: 2, .outcomeUnknown: 1])
        #expect(try await fixture.ledger.openRuns().isEmpty)
        // What was unknown may still turn out well.
        #expect(try await fixture.ledger.apply(.delivered, to: .delivery(ids[1]), account: fixture.ios, detail: "", at: end)
            == .moved(ids[1], .delivered))
        #expect(try await fixture.delivery(ids[1]).reason == nil)
        #expect(try await fixture.ledger.verify().isEmpty)
        try fixture.close()
    }

    @Test func `an empty audience finishes at once`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze([])
        #expect(run.audience == 0)
        #expect(try await fixture.ledger.finishIfDone(run.id) == .finished(at: fixture.now))
        try fixture.close()
    }

    @Test func `a cancelled campaign says so for everyone it did not reach`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(4_500), unreached: [9_000])
        let ids = try await fixture.lease(run, 10).deliveries.map(\.id)
        _ = try await fixture.intend(Array(ids.prefix(4)))
        _ = try await fixture.record(ids[0], .accepted(providerID: nil))
        try await fixture.move(to: .cancelled)
        #expect(try await fixture.ledger.cancel(fixture.campaign) == 4_490)
        #expect(try await fixture.byState(run) == [.accepted: 1, .sending: 3, .leased: 6, .cancelled: 4_490, .pending: 1])
        // What was in flight ends as it ends; what was leased or waits for another try does not go any more.
        #expect(try await fixture.intend(Array(ids.dropFirst(4))).isEmpty)
        _ = try await fixture.record(ids[1], .retry(at: fixture.now + .seconds(60), detail: "503", countsAttempt: true))
        _ = try await fixture.record(ids[2], .accepted(providerID: nil))
        _ = try await fixture.record(ids[3], .rejected(.providerPermanent, detail: "410"))
        #expect(try await fixture.ledger.finishIfDone(run.id) == .finished(at: fixture.now))
        #expect(try await fixture.byState(run) == [.accepted: 2, .rejected: 1, .cancelled: 4_497, .skipped: 1])
        #expect(try await fixture.all(run).count == 4_501)
        #expect(try await fixture.ledger.verify().isEmpty)
        try fixture.close()
    }

    @Test func `an account that cannot send any more gives its people up with the reason`() async throws {
        let fixture = try await LedgerFixture()
        let members = [fixture.ios: try await fixture.addPeople(2), fixture.phone: try await fixture.addPeople(2_100, on: fixture.phone)]
        let run = try await fixture.ledger.freeze(campaign: fixture.campaign, kind: .launch,
                                                  audience: FrozenAudience(members: members, unreached: []), expiresAt: nil)
        #expect(try await fixture.ledger.abandon(run.id, account: fixture.phone, reason: .providerConfig, detail: "401") == 2_100)
        let report = try #require(try await fixture.ledger.report(fixture.campaign))
        #expect(report.byChannel[.sms]?.byReason == [.providerConfig: 2_100])
        #expect(report.byChannel[.apns]?.byState == [.pending: 2])
        #expect(report.total == run.audience)
        try fixture.close()
    }

    @Test func `a failed campaign and one past its time end what waits`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(3), expiresAt: fixture.now + .seconds(60))
        let id = try #require(try await fixture.lease(run, 1).deliveries.first).id
        _ = try await fixture.intend([id])
        _ = try await fixture.record(id, .retry(at: fixture.now + .seconds(300), detail: "503", countsAttempt: true))
        fixture.time.advance(milliseconds: 60_000)
        // The retry would be due after the end, so no lease finds it.
        #expect(try await fixture.ledger.finishIfDone(run.id) == .finished(at: fixture.now))
        #expect(try await fixture.byState(run) == [.expired: 3])
        try fixture.close()

        let other = try await LedgerFixture()
        let failing = try await other.freeze(try await other.addPeople(3))
        try await other.move(to: .failed, reason: "provider_config")
        #expect(try await other.ledger.finishIfDone(failing.id) == .finished(at: other.now))
        #expect(try await other.ledger.report(failing.id)?.byReason == [.providerConfig: 3])
        try other.close()
    }

    @Test func `the engine sees what is left by run and account`() async throws {
        let fixture = try await LedgerFixture()
        let members = [fixture.ios: try await fixture.addPeople(3), fixture.phone: try await fixture.addPeople(2, on: fixture.phone)]
        let run = try await fixture.ledger.freeze(campaign: fixture.campaign, kind: .launch,
                                                  audience: FrozenAudience(members: members, unreached: [1]), expiresAt: nil)
        let ids = try await fixture.lease(run, 2).deliveries.map(\.id)
        _ = try await fixture.intend([ids[0]])
        let later = fixture.now + .seconds(9)
        let active = try await fixture.ledger.activeRuns()
        #expect(active == [
            ActiveRun(run: run, account: nil, waiting: 1, claimed: 0, nextAt: nil),
            ActiveRun(run: run, account: fixture.ios, waiting: 1, claimed: 2, nextAt: nil),
            ActiveRun(run: run, account: fixture.phone, waiting: 2, claimed: 0, nextAt: nil),
        ])
        #expect(try await fixture.ledger.openCounts() == [
            fixture.ios: [.pending: 1, .leased: 1, .sending: 1], fixture.phone: [.pending: 2],
        ])
        _ = try await fixture.record(ids[0], .retry(at: later, detail: "503", countsAttempt: true))
        _ = try await fixture.lease(run)
        #expect(try await fixture.ledger.activeRuns()[1] == ActiveRun(run: run, account: fixture.ios, waiting: 1, claimed: 2, nextAt: later))
        try fixture.close()
    }

    @Test func `a sum that does not fit keeps the run open and is found`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(1))
        let id = try #require(try await fixture.lease(run).deliveries.first).id
        try await fixture.ledger.file.writer.write { try $0.execute(sql: "DELETE FROM delivery WHERE id = ?", arguments: [id.rawValue]) }
        #expect(try await fixture.ledger.finishIfDone(run.id) == .inconsistent(counted: 0, audience: 1))
        #expect(try await fixture.ledger.verify() == [.sum(run.id, counted: 0, audience: 1)])
        try fixture.close()
    }
}
