import Core
import Linux
@testable import Storage
import Testing

/// What a boot does with the rows that the one before left claimed.
@Suite struct LedgerRecoveryTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let deliveryClass: DeliveryClass?
        let state: DeliveryState
        let reason: Reason?
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "at least once: sent again", deliveryClass: .atLeastOnce, state: .pending, reason: nil),
        Case(name: "exactly once: sent again", deliveryClass: .exactlyOnce, state: .pending, reason: nil),
        Case(name: "at most once: unknown", deliveryClass: .atMostOnce, state: .unknown, reason: .outcomeUnknown),
        Case(name: "no longer configured: unknown", deliveryClass: nil, state: .unknown, reason: .outcomeUnknown),
    ]

    @Test(arguments: cases)
    func `a row in flight goes by the class of its account`(_ test: Case) async throws {
        let fixture = try await LedgerFixture()
        fixture.classes = test.deliveryClass.map { [fixture.ios: $0] } ?? [:]
        let run = try await fixture.freeze(try await fixture.addPeople(6))
        let ids = try await fixture.lease(run, 4).deliveries.map(\.id)
        _ = try await fixture.intend(Array(ids.prefix(2)))
        let settled = try #require(ids.first)
        #expect(try await fixture.record(settled, .accepted(providerID: "x")) == 0)
        let recovery = try await fixture.crash()
        #expect(recovery.epoch == 2)
        #expect(recovery.released == 2)
        #expect(recovery.resent + recovery.unknown == 1)
        #expect(try await fixture.delivery(settled).state == .accepted)
        let flying = try await fixture.delivery(ids[1])
        #expect(flying.state == test.state)
        #expect(flying.reason == test.reason)
        #expect(flying.attempt == 1)
        #expect(try await fixture.ledger.verify().isEmpty)
        // An answer of the boot before changes nothing.
        #expect(try await fixture.record(ids[1], .accepted(providerID: "y"), epoch: 1) == 1)
        #expect(try await fixture.delivery(ids[1]) == flying)
        try fixture.close()
    }

    @Test(arguments: [false, true])
    func `whom a clock ahead of this one has told to wait does so anew, not until this one has caught up`(byRestart: Bool) async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(3))
        let ids = try await fixture.lease(run).deliveries.map(\.id)
        _ = try await fixture.intend(ids)
        let told = fixture.now
        for (id, wait) in zip(ids, [60, 600]) {
            _ = try await fixture.record(id, .retry(at: told + .seconds(wait), detail: "503", countsAttempt: true))
        }
        fixture.time.setWall(milliseconds: (told - .seconds(86_400)).milliseconds)
        _ = try await fixture.record(ids[2], .retry(at: fixture.now + .seconds(7), detail: "503", countsAttempt: true))
        if byRestart { try await fixture.restart() } else { #expect(try await fixture.ledger.restartWaits() == 2) }
        var due: [Int] = []
        for wait in [7, 60, 600] {
            fixture.time.setWall(milliseconds: (told - .seconds(86_400 - wait)).milliseconds)
            due.append(try await fixture.lease(run).deliveries.count)
        }
        #expect(due == [1, 1, 1])
        #expect(try await fixture.ledger.restartWaits() == 0)
        try fixture.close()
    }

    @Test func `the next attempt goes on counting, and the old one's answer is stale`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(1))
        let id = try #require(try await fixture.lease(run).deliveries.first).id
        _ = try await fixture.intend([id])
        try await fixture.crash()
        let again = try #require(try await fixture.lease(run).deliveries.first)
        #expect(again.attempt == 2)
        #expect(again.failures == 0)
        _ = try await fixture.intend([id])
        #expect(try await fixture.record(id, attempt: 1, .rejected(.providerPermanent, detail: "410")) == 1)
        #expect(try await fixture.record(id, attempt: 2, .accepted(providerID: nil)) == 0)
        try fixture.close()
    }

    @Test func `what three boots find in flight is given up`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(1))
        for boot in 1...3 {
            let id = try #require(try await fixture.lease(run).deliveries.first).id
            _ = try await fixture.intend([id])
            let recovery = try await fixture.restart()
            #expect(recovery.dead == (boot == 3 ? 1 : 0))
            #expect(recovery.resent == (boot == 3 ? 0 : 1))
        }
        let row = try #require(try await fixture.all(run).first)
        #expect(row.state == .dead)
        #expect(row.reason == .providerGaveUp)
        #expect(row.detail == "poison")
        try fixture.close()
    }

    @Test func `nobody is lost when the process dies between any two steps`() async throws {
        let fixture = try await LedgerFixture()
        let members = try await fixture.addPeople(40)
        let run = try await fixture.freeze(members, unreached: [7_000])
        var attempts: [DeliveryID: Int] = [:]
        for step in 0... {
            let lease = try await fixture.lease(run, 7)
            if lease.deliveries.isEmpty { break }
            for delivery in lease.deliveries { attempts[delivery.id] = delivery.attempt }
            if step % 4 == 1 { try await fixture.crash(); continue }
            let ids = lease.deliveries.map(\.id)
            _ = try await fixture.intend(Array(ids.prefix(5)))
            if step % 4 == 2 { try await fixture.crash(); continue }
            for id in ids.prefix(3) { _ = try await fixture.record(id, attempt: attempts[id] ?? 0, .accepted(providerID: nil)) }
            if step % 4 == 3 { try await fixture.crash(); continue }
            for id in ids.dropFirst(3).prefix(2) { _ = try await fixture.record(id, attempt: attempts[id] ?? 0, .gaveUp(detail: "x")) }
            _ = try await fixture.release(Array(ids.dropFirst(5)))
            #expect(try await fixture.ledger.report(run.id)?.total == 41)
            #expect(try await fixture.ledger.verify().isEmpty)
        }
        guard case .finished = try await fixture.ledger.finishIfDone(run.id) else {
            Issue.record("the run is not finished: \(try await fixture.byState(run))")
            return
        }
        #expect(try await fixture.byState(run).values.reduce(0, +) == 41)
        try fixture.close()
    }
}
