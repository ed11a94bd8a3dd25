import Core
import GRDB
import Linux
@testable import Storage
import Testing

@Suite struct MessageLedgerTests {
    @Test func `a message gets one run, however often it is asked for`() async throws {
        let fixture = try await LedgerFixture()
        let message = try await fixture.message(to: fixture.addPeople(1)[0])
        let frozen = try await fixture.freezeMessages()
        #expect(frozen.last == message && frozen.leases[fixture.ios]?.deliveries.count == 1)
        #expect(try await fixture.freezeMessages().leases.isEmpty)
        #expect(try await fixture.ledger.deliveries(of: message)?.map(\.state) == [.leased])
        try await fixture.store.write { try $0.markFrozen(upTo: message) }
        #expect(try await fixture.freezeMessages().last == nil)
        #expect(try await fixture.ledger.verify().isEmpty)
        try fixture.close()
    }

    @Test func `campaigns do not see its run`() async throws {
        let fixture = try await LedgerFixture()
        let message = try await fixture.message(to: fixture.addPeople(1)[0])
        _ = try await fixture.freezeMessages(leasing: [])
        #expect(try await fixture.ledger.openRuns().isEmpty)
        #expect(try await fixture.ledger.activeRuns().isEmpty)
        #expect(try await fixture.ledger.run(of: fixture.campaign) == nil)
        #expect(try await fixture.ledger.census().values.allSatisfy { $0 == 0 })
        #expect(try await fixture.ledger.openCounts() == [fixture.ios: [.pending: 1]])
        #expect(try await fixture.ledger.deliveries(of: message)?.count == 1)
        try fixture.close()
    }

    @Test func `a kill gives back what was leased, and what was on its way goes by the class`() async throws {
        let fixture = try await LedgerFixture()
        let people = try await fixture.addPeople(2) + fixture.addPeople(1, on: fixture.phone)
        var messages: [MessageID] = []
        for person in people { messages.append(try await fixture.message(to: person)) }
        let frozen = try await fixture.freezeMessages()
        let sending = [frozen.leases[fixture.ios]?.deliveries.first, frozen.leases[fixture.phone]?.deliveries.first].compactMap { $0?.id }
        #expect(try await fixture.intendUrgent(sending).count == 2)
        let recovery = try await fixture.crash()
        #expect((recovery.released, recovery.resent, recovery.unknown) == (1, 1, 1))
        #expect(try await fixture.ledger.urgentAccounts() == [fixture.ios])
        let again = try await fixture.leaseUrgent()
        #expect(again.deliveries.map(\.attempt).sorted() == [1, 2] && again.deliveries.allSatisfy { $0.message != nil })
        #expect(try await fixture.ledger.verify().isEmpty)
        try fixture.close()
    }

    @Test(arguments: ["UPDATE subscription SET opt_in = 0", "DELETE FROM profile", "UPDATE subscription SET status = 'invalid', invalid_at = 0"])
    func `who withdrew after the lease is not sent to`(_ change: String) async throws {
        let fixture = try await LedgerFixture()
        let message = try await fixture.message(to: fixture.addPeople(1)[0])
        let ids = try await fixture.freezeMessages().leases[fixture.ios]?.deliveries.map(\.id) ?? []
        #expect(ids.count == 1)
        try await fixture.sql(change)
        #expect(try await fixture.intendUrgent(ids).isEmpty)
        #expect(try await fixture.leaseUrgent().deliveries.isEmpty)
        #expect(try await fixture.ledger.deliveries(of: message)?.map(\.state) == [.skipped])
        try fixture.close()
    }

    @Test func `its time ends it, whether or not a lane looks at it`() async throws {
        let fixture = try await LedgerFixture()
        let people = try await fixture.addPeople(2)
        let first = try await fixture.message(to: people[0], ttl: .seconds(60))
        let ids = try await fixture.freezeMessages().leases[fixture.ios]?.deliveries.map(\.id) ?? []
        let second = try await fixture.message(to: people[1], ttl: .seconds(60))
        _ = try await fixture.freezeMessages(leasing: [])
        #expect(try await fixture.ledger.expireMessages() == 0)
        fixture.time.advance(milliseconds: 60_000)
        #expect(try await fixture.intendUrgent(ids).isEmpty)
        #expect(try await fixture.ledger.expireMessages() == 2)
        for message in [first, second] {
            #expect(try await fixture.ledger.deliveries(of: message)?.map(\.reason) == [.expired])
        }
        try fixture.close()
    }

    @Test func `the first channel that reaches the person is the only one`() async throws {
        let fixture = try await LedgerFixture()
        let person = try await fixture.addPeople(1)[0]
        try await fixture.sql("""
            INSERT INTO subscription (profile, account, channel, address, address_hash, opt_in, registered_at, updated_at)
            VALUES (?, ?, 'sms', '+33612345678', 0, 1, 0, 0)
            """, [Int64(person.profile), fixture.phone])
        for (strategy, channels) in [(AudienceStrategy.all, [Channel.apns, .sms]), (.firstReachable, [.sms])] {
            let message = try await fixture.message(to: person, accounts: [fixture.phone, fixture.ios], strategy: strategy)
            _ = try await fixture.freezeMessages(leasing: [])
            #expect(try await fixture.ledger.deliveries(of: message)?.compactMap(\.channel).sorted { $0.rawValue < $1.rawValue } == channels)
        }
        try fixture.close()
    }
}

extension LedgerFixture {
    func message(to person: FrozenAudience.Member, accounts: [Int64]? = nil, strategy: AudienceStrategy = .all,
                 ttl: Duration = .seconds(3_600)) async throws -> MessageID {
        let accounts = accounts ?? [ios, phone]
        return try await store.write {
            try $0.createMessage(to: ProfileID(rawValue: Int64(person.profile)), purpose: .transactional, definition: "{}",
                                 accounts: accounts, strategy: strategy, ttl: ttl)
        }
    }

    func freezeMessages(leasing accounts: [Int64]? = nil) async throws -> FrozenMessages {
        try await wait {
            ledger.freezeMessages(after: MessageID(rawValue: 0), limit: 100, leasing: accounts ?? [ios, phone], epoch: epoch, now: now, completion: $0)
        }
    }

    func leaseUrgent() async throws -> UrgentLease {
        try await wait { ledger.leaseUrgent(account: ios, limit: 100, epoch: epoch, now: now, completion: $0) }
    }

    func intendUrgent(_ ids: [DeliveryID]) async throws -> Set<DeliveryID> {
        try await wait { ledger.intendUrgent(ids, epoch: epoch, now: now, completion: $0) }
    }
}
