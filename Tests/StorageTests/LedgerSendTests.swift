import Core
import GRDB
import Linux
@testable import Storage
import Testing

/// A delivery's way from the frozen audience to a result.
@Suite struct LedgerSendTests {
    @Test func `a recipient goes from the audience to accepted, with all that rendering needs`() async throws {
        let fixture = try await LedgerFixture()
        let members = try await fixture.addPeople(3)
        try await fixture.sql("INSERT INTO profile_tag VALUES (?, 'vip'), (?, 'early')", [members[0].profile, members[0].profile])
        let run = try await fixture.freeze(members, expiresAt: fixture.now + .seconds(60))
        #expect(run.audience == 3)
        #expect(try await fixture.byState(run) == [.pending: 3])

        let lease = try await fixture.lease(run, 2)
        #expect(lease.deliveries.count == 2)
        #expect(lease.rests == [.init(run: run.id, hasMore: true, nextAt: nil)])
        let first = try #require(lease.deliveries.first { $0.recipient.profile.rawValue == Int64(members[0].profile) })
        #expect(first.attempt == 1)
        #expect(first.failures == 0)
        #expect(first.run == run.id)
        #expect(first.recipient.language == "fr")
        #expect(first.recipient.attributes == "{\"first_name\":\"A\"}")
        #expect(first.recipient.tags == ["early", "vip"])
        #expect(first.expiresAt == run.expiresAt)
        #expect(first.recipient.address.channel == .apns)

        #expect(try await fixture.intend(lease.deliveries.map(\.id)) == Set(lease.deliveries.map(\.id)))
        #expect(try await fixture.record(first.id, .accepted(providerID: "p1")) == 0)
        let record = try await fixture.delivery(first.id)
        #expect(record.state == .accepted)
        #expect(record.providerID == "p1")
        #expect(record.language == "fr")
        #expect(record.attempt == 1)
        #expect(record.externalID == first.recipient.externalID)
        #expect(try await fixture.byState(run) == [.pending: 1, .sending: 1, .accepted: 1])
        #expect(try await fixture.ledger.verify().isEmpty)
        try fixture.close()
    }

    @Test func `a campaign has one launch, whoever asks again`() async throws {
        let fixture = try await LedgerFixture()
        let members = try await fixture.addPeople(5)
        let first = try await fixture.freeze(Array(members.prefix(2)))
        let second = try await fixture.freeze(members)
        #expect(first == second)
        #expect(try await fixture.byState(first) == [.pending: 2])
        try fixture.close()
    }

    @Test func `consent, address and owner are checked when the turn comes`() async throws {
        let fixture = try await LedgerFixture()
        let members = try await fixture.addPeople(7)
        let run = try await fixture.freeze(members)
        try await fixture.sql("UPDATE subscription SET opt_in = 0 WHERE id = ?", [members[0].subscription])
        try await fixture.sql("UPDATE subscription SET status = 'invalid', invalid_at = 1 WHERE id = ?", [members[1].subscription])
        try await fixture.sql("UPDATE subscription SET profile = ? WHERE id = ?", [members[3].profile, members[2].subscription])
        try await fixture.sql("DELETE FROM profile WHERE id = ?", [members[4].profile])
        try await fixture.sql("UPDATE subscription SET status = 'invalid', invalid_at = 1, opt_in = 0 WHERE id = ?", [members[5].subscription])
        let lease = try await fixture.lease(run)
        #expect(Set(lease.deliveries.map(\.recipient.subscription.rawValue)) == [Int64(members[3].subscription), Int64(members[6].subscription)])
        #expect(lease.skipped == 5)
        let rows = try await fixture.all(run)
        let found = Dictionary(uniqueKeysWithValues: rows.map { ($0.subscription?.rawValue ?? 0, "\($0.reason?.rawValue ?? "") \($0.detail ?? "")") })
        #expect(found[Int64(members[0].subscription)] == "no_consent ")
        #expect(found[Int64(members[1].subscription)] == "subscription_invalid ")
        #expect(found[Int64(members[2].subscription)] == "no_subscription subscription_moved")
        #expect(found[Int64(members[4].subscription)] == "no_subscription subscription_deleted")
        #expect(found[Int64(members[5].subscription)] == "no_consent ")
        // The person who was erased stays counted, without a name.
        #expect(rows.first { $0.profile.rawValue == Int64(members[4].profile) }?.externalID == nil)
        try fixture.close()
    }

    @Test func `who withdraws between lease and intent gets nothing`() async throws {
        let fixture = try await LedgerFixture()
        let members = try await fixture.addPeople(2)
        let run = try await fixture.freeze(members)
        let ids = try await fixture.lease(run).deliveries
        let gone = try #require(ids.first { $0.recipient.subscription.rawValue == Int64(members[0].subscription) })
        let stays = try #require(ids.first { $0.id != gone.id })
        try await fixture.sql("UPDATE subscription SET opt_in = 0 WHERE id = ?", [members[0].subscription])
        #expect(try await fixture.intend(ids.map(\.id)) == [stays.id])
        #expect(try await fixture.delivery(gone.id).state == .pending)
        #expect(try await fixture.delivery(gone.id).attempt == 0)
        #expect(try await fixture.lease(run).skipped == 1)
        #expect(try await fixture.delivery(gone.id).reason == .noConsent)
        try fixture.close()
    }

    @Test func `a paused campaign leases and sends nothing, and goes on afterwards`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(2))
        let leased = try await fixture.lease(run, 1).deliveries.map(\.id)
        try await fixture.move(to: .paused)
        #expect(try await fixture.lease(run).deliveries.isEmpty)
        #expect(try await fixture.intend(leased).isEmpty)
        #expect(try await fixture.byState(run) == [.pending: 2])
        try await fixture.move(to: .running)
        #expect(try await fixture.lease(run).deliveries.count == 2)
        try fixture.close()
    }

    @Test func `a run whose time is up expires, leased rows included`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(3), expiresAt: fixture.now + .seconds(10))
        let leased = try await fixture.lease(run, 1).deliveries.map(\.id)
        fixture.time.advance(milliseconds: 10_000)
        #expect(try await fixture.intend(leased).isEmpty)
        // The row that was leased, then the members without one.
        #expect(try await fixture.lease(run).expired == 1)
        #expect(try await fixture.lease(run).expired == 2)
        #expect(try await fixture.byState(run) == [.expired: 3])
        #expect(try await fixture.ledger.report(run.id)?.byReason == [.expired: 3])
        try fixture.close()
    }

    @Test func `each result of a batch ends its own row`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(8))
        let ids = try await fixture.lease(run).deliveries.map(\.id)
        #expect(try await fixture.intend(Array(ids.prefix(7))).count == 7)
        let odd = "é\"\\/\u{1}\u{2028}'{}"
        let at = fixture.now + .seconds(9)
        let results: [(verdict: DeliveryResult.Verdict, language: String?, attempt: Int)] = [
            (.accepted(providerID: "p0"), "fr", 1), (.accepted(providerID: odd), "fr", 1), (.accepted(providerID: nil), "fr", 1),
            (.accepted(providerID: "p3"), nil, 1), (.retry(at: at, detail: "503", countsAttempt: true), "fr", 1),
            (.rejected(.providerPermanent, detail: "400"), "fr", 1),
            // Of another attempt, and of a row that nobody meant to send.
            (.accepted(providerID: "p6"), "fr", 2), (.accepted(providerID: "p7"), "fr", 1),
        ]
        let stale = try await fixture.record(zip(ids, results).map { id, result in
            DeliveryResult(id: id, attempt: result.attempt, verdict: result.verdict, language: result.language)
        })
        #expect(stale == 2)
        let rows = try await fixture.all(run).sorted { $0.id.rawValue < $1.id.rawValue }
        #expect(rows.map(\.id) == ids)
        #expect(rows.map(\.state) == [.accepted, .accepted, .accepted, .accepted, .pending, .rejected, .sending, .leased])
        #expect(rows.map(\.providerID) == ["p0", odd, nil, "p3", nil, nil, nil, nil])
        #expect(rows.map(\.language) == ["fr", "fr", "fr", nil, "fr", "fr", nil, nil])
        #expect(rows.map(\.detail) == [nil, nil, nil, nil, "503", "400", nil, nil])
        #expect(try await fixture.ledger.verify().isEmpty)
        try fixture.close()
    }

    @Test func `a retry waits for its time and counts as the result says`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(1))
        let id = try #require(try await fixture.lease(run).deliveries.first).id
        _ = try await fixture.intend([id])
        let at = fixture.now + .seconds(5)
        #expect(try await fixture.record(id, .retry(at: at, detail: "429", countsAttempt: true)) == 0)
        let waiting = try await fixture.lease(run)
        #expect(waiting.deliveries.isEmpty)
        #expect(waiting.rests == [.init(run: run.id, hasMore: false, nextAt: at)])
        fixture.time.advance(milliseconds: 5_000)
        let second = try #require(try await fixture.lease(run).deliveries.first)
        #expect(second.attempt == 2)
        #expect(second.failures == 1)
        _ = try await fixture.intend([id])
        #expect(try await fixture.record(id, attempt: 2, .retry(at: fixture.now, detail: "401", countsAttempt: false)) == 0)
        let third = try #require(try await fixture.lease(run).deliveries.first)
        #expect(third.attempt == 3)
        #expect(third.failures == 1)
        try fixture.close()
    }

    @Test func `a test send goes out while its campaign is a draft`() async throws {
        let fixture = try await LedgerFixture()
        let member = try #require(try await fixture.addPeople(1).first)
        let (campaign, test) = try await fixture.store.write { transaction in
            let draft = try transaction.createCampaign(name: "d", purpose: .service, definition: "{\"a\":1}")
            return (draft, try transaction.createTest(of: draft.id, profiles: [ProfileID(rawValue: Int64(member.profile))]))
        }
        let audience = FrozenAudience(members: [fixture.ios: [member]], unreached: [])
        let run = try await fixture.ledger.freeze(campaign: campaign.id, kind: .test(test.id), audience: audience, expiresAt: nil)
        #expect(try await fixture.ledger.freeze(campaign: campaign.id, kind: .test(test.id), audience: audience, expiresAt: nil) == run)
        let ids = try await fixture.lease(run).deliveries.map(\.id)
        #expect(try await fixture.intend(ids).count == 1)
        #expect(try await fixture.ledger.report(campaign.id) == nil)
        try fixture.close()
    }

    @Test func `shares of several runs are leased in one call`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(30))
        let other = try await fixture.store.write { transaction in
            try transaction.launchCampaign(transaction.createCampaign(name: "b", purpose: .marketing, definition: "{}").id)
        }
        let second = try await fixture.ledger.freeze(
            campaign: other.id, kind: .launch,
            audience: FrozenAudience(members: [fixture.ios: try await fixture.addPeople(30)], unreached: []), expiresAt: nil)
        let lease = try await withCheckedThrowingContinuation { continuation in
            fixture.ledger.lease(account: fixture.ios, shares: [LeaseShare(run: run.id, limit: 10), LeaseShare(run: second.id, limit: 20)],
                                 epoch: fixture.epoch, now: fixture.now) { continuation.resume(with: $0) }
        }
        #expect(lease.deliveries.filter { $0.run == run.id }.count == 10)
        #expect(lease.deliveries.filter { $0.run == second.id }.count == 20)
        try fixture.close()
    }
}
