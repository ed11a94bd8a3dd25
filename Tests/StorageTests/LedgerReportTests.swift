import Core
import GRDB
@testable import Storage
import Testing

@Suite struct LedgerReportTests {
    /// A run with rows in many states: 3 accepted (2 fr, 1 en), 1 rejected, 1 leased, 1 sending, 2 no_consent, 2,500 waiting.
    private func run(_ fixture: LedgerFixture) async throws -> (LedgerRun, [FrozenAudience.Member]) {
        let members = try await fixture.addPeople(2_508)
        let run = try await fixture.freeze(members, unreached: [60_001, .max])
        for member in members.prefix(2) { try await fixture.sql("UPDATE subscription SET opt_in = 0 WHERE id = ?", [member.subscription]) }
        let ids = try await fixture.lease(run, 6).deliveries.map(\.id)
        _ = try await fixture.intend(Array(ids.prefix(5)))
        let ends: [(DeliveryResult.Verdict, String)] = [
            (.accepted(providerID: "a"), "fr"), (.accepted(providerID: nil), "fr"), (.accepted(providerID: nil), "en"),
            (.rejected(.payloadTooLarge, detail: "413"), "fr"),
        ]
        _ = try await fixture.record(zip(ids, ends).map { DeliveryResult(id: $0, attempt: 1, verdict: $1.0, language: $1.1) })
        return (run, members)
    }

    @Test func `the report sums to the audience in every way of counting`() async throws {
        let fixture = try await LedgerFixture()
        let (run, _) = try await run(fixture)
        let report = try #require(try await fixture.ledger.report(fixture.campaign))
        #expect(report.total == run.audience)
        #expect(report.byState == [.accepted: 3, .rejected: 1, .sending: 1, .leased: 1, .skipped: 2, .pending: 2_502])
        #expect(report.byReason == [.payloadTooLarge: 1, .noConsent: 2])
        #expect(report.byLanguage == ["fr": [.accepted: 2, .rejected: 1], "en": [.accepted: 1]])
        #expect(report.byChannel[.apns]?.byState == [.accepted: 3, .rejected: 1, .sending: 1, .leased: 1, .skipped: 2, .pending: 2_500])
        #expect(report.byChannel[.apns]?.byReason == [.payloadTooLarge: 1, .noConsent: 2])
        try await fixture.ledger.expandUnreached(run.id)
        #expect(Set(try await fixture.all(run).filter { $0.subscription == nil }.map(\.profile.rawValue)) == [60_001, Int64(UInt32.max)])
        let expanded = try #require(try await fixture.ledger.report(fixture.campaign))
        #expect(expanded.total == run.audience)
        #expect(expanded.byReason == [.payloadTooLarge: 1, .noConsent: 2, .noSubscription: 2])
        try fixture.close()
    }

    @Test func `deliveries are listed by state, reason and person, in pages`() async throws {
        let fixture = try await LedgerFixture()
        let (run, members) = try await run(fixture)
        func count(_ filter: DeliveryFilter) async throws -> Int {
            try await fixture.ledger.deliveries(of: fixture.campaign, matching: filter, limit: 10_000).count
        }
        let all = try await fixture.all(run)
        for state in DeliveryState.allCases {
            #expect(try await count(DeliveryFilter(state: state)) == all.filter { $0.state == state }.count, "\(state)")
            #expect(try await count(DeliveryFilter(state: state, profile: all[0].profile)) == (all[0].state == state ? 1 : 0), "\(state)")
        }
        #expect(try await count(DeliveryFilter(reason: .noConsent)) == 2)
        #expect(try await count(DeliveryFilter(state: .skipped, reason: .noConsent)) == 2)
        #expect(try await count(DeliveryFilter(state: .accepted, reason: .noConsent)) == 0)
        #expect(try await count(DeliveryFilter(profile: ProfileID(rawValue: Int64(members[0].profile)))) == 1)
        #expect(try await count(DeliveryFilter(reason: .noConsent, profile: ProfileID(rawValue: Int64(members[0].profile)))) == 1)
        var paged: [DeliveryID] = []
        while true {
            let page = try await fixture.ledger.deliveries(of: fixture.campaign, after: paged.last, limit: 700)
            if page.isEmpty { break }
            paged += page.map(\.id)
        }
        #expect(paged == all.map(\.id))
        let person = try await fixture.ledger.deliveries(to: ProfileID(rawValue: Int64(members[0].profile)), limit: 10)
        #expect(person.map(\.reason) == [.noConsent])
        try fixture.close()
    }

    @Test func `a campaign that was not launched has no report and no deliveries`() async throws {
        let fixture = try await LedgerFixture()
        #expect(try await fixture.ledger.report(fixture.campaign) == nil)
        #expect(try await fixture.ledger.deliveries(of: fixture.campaign, limit: 10).isEmpty)
        try fixture.close()
    }
}
