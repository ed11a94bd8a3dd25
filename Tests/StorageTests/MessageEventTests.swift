import Core
import GRDB
import Linux
@testable import Storage
import Testing

/// What webhooks are told of messages, from the transaction of the ledger in which it became so to the outbox.
@Suite struct MessageEventTests {
    private static let all = WebhookEvent.offered.filter { $0.rawValue.hasPrefix("message.") }

    private func webhook(_ fixture: LedgerFixture, _ events: [WebhookEvent] = all) async throws -> Webhook {
        try await fixture.store.write { try $0.createWebhook(url: "https://example.com/", description: "", events: events) }
    }

    /// The states told of since the last call, and what was said of the rows.
    private func told(_ fixture: LedgerFixture) async throws -> [MessageEvent] {
        let events = try await fixture.ledger.messageEvents(after: 0, limit: 1_000)
        if let last = events.last { try await fixture.ledger.forgetMessageEvents(upTo: last.id) }
        return events
    }

    /// A message on its way on the SMS account.
    private func sending(_ fixture: LedgerFixture) async throws -> DeliveryResult {
        let message = try await fixture.message(to: fixture.addPeople(1, on: fixture.phone)[0])
        let lease = try #require(try await fixture.freezeMessages().leases[fixture.phone]?.deliveries.first)
        #expect(try await fixture.intendUrgent([lease.id]).count == 1)
        return DeliveryResult(id: lease.id, attempt: lease.attempt, verdict: .accepted(providerID: "p\(lease.id)"), language: "fr", message: message)
    }

    private func result(_ sent: DeliveryResult, _ verdict: DeliveryResult.Verdict) -> DeliveryResult {
        DeliveryResult(id: sent.id, attempt: sent.attempt, verdict: verdict, message: sent.message)
    }

    @Test(arguments: [
        (DeliveryResult.Verdict.accepted(providerID: nil), DeliveryState?.some(.accepted), Reason?.none), (.rejected(.providerPermanent, detail: "x"), .rejected, .providerPermanent),
        (.gaveUp(detail: "x"), .dead, .providerGaveUp), (.unknown(detail: "x"), .unknown, .outcomeUnknown), (.expired, .expired, .expired),
        (.retry(at: Timestamp(milliseconds: 9), detail: "x", countsAttempt: true), nil, nil),
    ])
    func `what an attempt comes to is told, a retry is not`(_ verdict: DeliveryResult.Verdict, _ state: DeliveryState?, _ reason: Reason?) async throws {
        let fixture = try await LedgerFixture()
        _ = try await webhook(fixture)
        let sent = try await sending(fixture)
        #expect(try await told(fixture) == [])
        #expect(try await fixture.record([result(sent, verdict)]) == 0)
        #expect(try await fixture.record([result(sent, verdict)]) == 1, "a stale result")
        let events = try await told(fixture)
        #expect(events.map(\.state) == (state.map { [$0] } ?? []) && events.first?.reason == reason)
        #expect(events.allSatisfy { $0.message == sent.message && $0.delivery == sent.id && $0.account == fixture.phone && $0.channel == .sms && $0.at == fixture.now })
        try fixture.close()
    }

    @Test func `a callback is told when it moves the row, and so is one that overtook the result`() async throws {
        let fixture = try await LedgerFixture()
        _ = try await webhook(fixture)
        let first = try await sending(fixture)
        _ = try await fixture.record([first])
        func apply(_ state: DeliveryState, _ reference: DeliveryReference) async throws {
            _ = try await fixture.ledger.apply(state, to: reference, account: fixture.phone, detail: "8", at: fixture.now)
        }
        for _ in 0..<2 { try await apply(.delivered, .provider("p\(first.id)")) }
        try await apply(.clicked, .delivery(first.id))
        try await apply(.opened, .delivery(first.id))
        #expect(try await told(fixture).map(\.state) == [.accepted, .delivered, .clicked])
        let second = try await sending(fixture)
        try await apply(.delivered, .provider("p\(second.id)"))
        #expect(try await told(fixture) == [])
        _ = try await fixture.record([second])
        #expect(try await told(fixture).map(\.state) == [.accepted, .delivered])
        let third = try await sending(fixture)
        _ = try await fixture.record([third])
        let row = try await fixture.delivery(third.id)
        #expect(try await fixture.ledger.apply(.opened, upTo: fixture.now, subscription: #require(row.subscription)) == 1)
        #expect(try await told(fixture).map(\.state) == [.accepted, .opened])
        try fixture.close()
    }

    @Test func `what was never attempted is told too`() async throws {
        let fixture = try await LedgerFixture()
        _ = try await webhook(fixture)
        let people = try await fixture.addPeople(4)
        try await fixture.sql("DELETE FROM subscription WHERE profile = ?", [Int64(people[0].profile)])
        _ = try await fixture.message(to: people[0])
        _ = try await fixture.freezeMessages(leasing: [])
        #expect(try await told(fixture).map { [$0.reason, $0.account == nil ? nil : .expired] } == [[.noSubscription, nil]])
        _ = try await fixture.message(to: people[1])
        _ = try await fixture.freezeMessages(leasing: [])
        try await fixture.sql("UPDATE subscription SET opt_in = 0 WHERE profile = ?", [Int64(people[1].profile)])
        #expect(try await fixture.leaseUrgent().deliveries.isEmpty)
        #expect(try await told(fixture).map(\.reason) == [.noConsent])
        let refused = try await fixture.message(to: people[2])
        let ids = try await fixture.freezeMessages().leases[fixture.ios]?.deliveries.map(\.id) ?? []
        #expect(try await fixture.refuse(ids.map { Refusal(id: $0, reason: .payloadTooLarge, message: refused) }) == 1)
        #expect(try await told(fixture).map(\.reason) == [.payloadTooLarge])
        _ = try await fixture.message(to: people[3], ttl: .seconds(60))
        _ = try await fixture.freezeMessages(leasing: [])
        fixture.time.advance(milliseconds: 60_000)
        #expect(try await fixture.ledger.expireMessages() == 1)
        #expect(try await told(fixture).map(\.state) == [.expired])
        try fixture.close()
    }

    @Test func `a crash tells what it leaves uncertain, and loses nothing of what was told before`() async throws {
        let fixture = try await LedgerFixture()
        _ = try await webhook(fixture)
        let sent = try await sending(fixture)
        _ = try await fixture.record([sent])
        _ = try await sending(fixture)
        let before = try await fixture.ledger.messageEvents(after: 0, limit: 10)
        #expect(before.map(\.state) == [.accepted])
        #expect(try await fixture.crash().unknown == 1)
        let after = try await fixture.ledger.messageEvents(after: 0, limit: 10)
        #expect(after.map(\.state) == [.accepted, .unknown] && after.first == before.first)
        try await fixture.ledger.forgetMessageEvents(upTo: #require(after.last).id)
        _ = try await fixture.crash()
        _ = try await fixture.record([sending(fixture)])
        #expect(try await fixture.ledger.messageEvents(after: #require(after.last).id, limit: 10).count == 1, "no id comes twice")
        try fixture.close()
    }

    @Test func `rows of campaigns, and what no enabled webhook asks for, leave nothing`() async throws {
        let fixture = try await LedgerFixture()
        let other = try await webhook(fixture, WebhookEvent.offered.filter { $0 != .messageAccepted })
        let disabled = try await webhook(fixture)
        var change = WebhookChange()
        change.isEnabled = false
        _ = try await fixture.store.write { [change] in try $0.change(webhook: disabled.id, change, ifVersion: nil) }
        let sent = try await sending(fixture)
        _ = try await fixture.record([sent])
        #expect(try await told(fixture) == [])
        try await fixture.store.write { try $0.delete(webhook: other.id) }
        _ = try await webhook(fixture)
        let run = try await fixture.freeze(fixture.addPeople(2, on: fixture.phone), on: fixture.phone)
        let ids = try await fixture.lease(run, on: fixture.phone).deliveries.map(\.id)
        _ = try await fixture.intend(ids)
        _ = try await fixture.record(ids[0], .accepted(providerID: "c"))
        _ = try await fixture.ledger.apply(.delivered, to: .provider("c"), account: fixture.phone, detail: "", at: fixture.now)
        #expect(try await fixture.crash().unknown == 1)
        #expect(try await told(fixture) == [])
        try fixture.close()
    }

    /// As the ledger's disk has it: no statement more for a batch of a campaign's rows, whoever asks for what.
    @Test func `a campaign's results cost no statement more`() async throws {
        let fixture = try await LedgerFixture()
        _ = try await webhook(fixture)
        let run = try await fixture.freeze(fixture.addPeople(2, on: fixture.phone), on: fixture.phone)
        let ids = try await fixture.lease(run, on: fixture.phone).deliveries.map(\.id)
        _ = try await fixture.intend(ids)
        let statements = StatementCount()
        try await fixture.ledger.file.writer.write { db in db.trace { statements.count("\($0)") } }
        _ = try await fixture.record(ids.map { DeliveryResult(id: $0, attempt: 1, verdict: .accepted(providerID: "\($0)")) })
        _ = try await fixture.ledger.apply(.delivered, to: .provider("\(ids[0])"), account: fixture.phone, detail: "", at: fixture.now)
        #expect(statements.all.contains { $0.contains("UPDATE delivery") } && !statements.all.contains { $0.contains("message_event") || $0.contains("webhook") })
        try fixture.close()
    }

    @Test func `the outbox has it under the ledger's name and time, without the address, and not of the erased`() async throws {
        let fixture = try await LedgerFixture()
        let webhook = try await webhook(fixture)
        let (one, two) = (try await sending(fixture), try await sending(fixture))
        _ = try await fixture.record([one, result(two, .rejected(.providerPermanent, detail: "8"))])
        let at = fixture.now
        fixture.time.advance(milliseconds: 5_000)
        let events = try await told(fixture)
        let erased = try await fixture.store.read { try #require(try $0.message(events[0].message)).profile }
        try await fixture.sql("DELETE FROM profile WHERE external_id = ?", [erased])
        try await fixture.store.write { store in for event in events { try store.announce(event) } }
        let outbox = try await fixture.store.read { try $0.deliveries(of: webhook.id, limit: 10) }
        #expect(outbox.map(\.message) == [events[1].name] && events[1].name.utf8.count == 36 && outbox.first?.type == "message.rejected")
        let body = try JSONValue(parsing: Array(#require(outbox.first).body.utf8))
        let person = try await fixture.store.read { try #require(try $0.message(events[1].message)).profile }
        #expect(body["timestamp"]?.string == at.description)
        #expect(body["data"] == [
            "message": .string(events[1].message.description), "delivery": .string(two.id.description), "profile": .string(person),
            "subscription": JSONValue(events[1].subscription?.description), "channel": "sms", "account": "sms", "state": "rejected",
            "reason": "provider_permanent", "detail": "8",
        ])
        try await fixture.sql("DELETE FROM profile WHERE external_id = ?", [person])
        #expect(try await fixture.store.read { try $0.deliveries(of: webhook.id, limit: 10) } == [])
        try fixture.close()
    }
}

private final class StatementCount: Sendable {
    private let statements = Lock<[String]>([])
    var all: [String] { statements.withLock { $0 } }
    func count(_ statement: String) { statements.withLock { $0.append(statement) } }
}
