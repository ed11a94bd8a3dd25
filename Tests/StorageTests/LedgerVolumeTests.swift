import Core
import GRDB
import Segmentation
@testable import Storage
import Testing

@Suite struct LedgerVolumeTests {
    @Test func `twenty thousand people are frozen, sent to and finished`() async throws {
        let fixture = try await LedgerFixture()
        let people = 20_000
        let ios = fixture.ios
        try await fixture.store.file.writer.write { db in
            try db.execute(sql: """
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                INSERT INTO profile (id, external_id, external_hash, bucket, created_at, updated_at) SELECT i, 'u' || i, i, 0, 0, 0 FROM n
                """, arguments: [people])
            // Every hundredth withdrew, the last hundred never subscribed.
            try db.execute(sql: """
                INSERT INTO subscription (id, profile, account, channel, address, address_hash, opt_in, registered_at, updated_at)
                SELECT id, id, ?, 'apns', printf('%064x', id), id, id % 100 <> 0, 0, 0 FROM profile WHERE id <= ?
                """, arguments: [ios, people - 100])
        }
        let audience = try await fixture.store.read { try $0.audience(matching: .all, excluding: nil, accounts: [ios], strategy: .all) }
        #expect(audience.count == people)
        let run = try await fixture.ledger.freeze(campaign: fixture.campaign, kind: .launch, audience: audience, expiresAt: nil)
        while true {
            let lease = try await fixture.lease(run)
            if lease.deliveries.isEmpty, lease.rests.allSatisfy({ !$0.hasMore }) { break }
            for start in stride(from: 0, to: lease.deliveries.count, by: 64) {
                let batch = lease.deliveries[start..<min(start + 64, lease.deliveries.count)]
                let intended = try await fixture.intend(batch.map(\.id))
                #expect(intended.count == batch.count)
                let stale = try await fixture.record(batch.map {
                    DeliveryResult(id: $0.id, attempt: $0.attempt, verdict: .accepted(providerID: "p\($0.id.rawValue)"), language: "fr")
                })
                #expect(stale == 0)
            }
        }
        #expect(try await fixture.ledger.finishIfDone(run.id) == .finished(at: fixture.now))
        let report = try #require(try await fixture.ledger.report(run.id))
        #expect(report.byState == [.accepted: 19_701, .skipped: 299])
        #expect(report.byReason == [.noConsent: 199, .noSubscription: 100])
        #expect(try await fixture.ledger.verify().isEmpty)
        try fixture.close()
    }
}
