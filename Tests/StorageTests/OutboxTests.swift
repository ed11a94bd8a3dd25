import Core
import GRDB
import Linux
@testable import Storage
import Testing

@Suite struct OutboxTests {
    private let folder = TemporaryFolder()
    private let time = ManualTime()
    private let store: Store

    init() throws { store = try folder.store(accounts: [Account(name: "sms", channel: .sms)], time: time) }

    private struct Refusal: Error {}

    private func webhook(_ events: [WebhookEvent] = WebhookEvent.offered) async throws -> Webhook {
        try await store.write { try $0.createWebhook(url: "https://example.com/", description: "", events: events) }
    }

    private func outbox(_ webhook: Webhook) async throws -> [WebhookDelivery] {
        try await store.read { try $0.deliveries(of: webhook.id, limit: 1_000).reversed() }
    }

    private func person(_ name: String, _ phone: String = "+33611223344") async throws -> Subscription {
        let number = try #require(PhoneNumber(e164: phone))
        return try await store.write {
            try $0.register(Registration(profile: name, account: "sms", address: .sms(number), optIn: true, proof: ConsentProof(source: "form"))).value
        }
    }

    private func data(_ delivery: WebhookDelivery?) throws -> JSONValue {
        let body = try JSONValue(parsing: Array(try #require(delivery).body.utf8))
        #expect(body["type"]?.string == delivery?.type && body["timestamp"]?.string == delivery?.createdAt.description)
        return try #require(body["data"])
    }

    @Test func `every step of a campaign is told once, in its own word`() async throws {
        let webhook = try await webhook()
        let ways: [[CampaignState]] = [
            [.running, .paused, .running, .finished], [.scheduled, .running, .cancelled], [.scheduled, .expired], [.scheduled, .draft, .running, .failed],
        ]
        for way in ways {
            try await store.write { [now = store.now] transaction in
                let id = try transaction.createCampaign(name: "Ventes", purpose: .marketing, definition: "{}").id
                for state in way {
                    _ = try transaction.transition(id, to: state, reason: state == .failed ? "why" : nil, scheduledAt: state == .scheduled ? now : nil,
                                                   counts: state == .finished ? [.accepted: 3, .skipped: 1] : nil)
                }
            }
        }
        let told = try await outbox(webhook)
        #expect(told.map(\.type) == [
            "campaign.started", "campaign.paused", "campaign.resumed", "campaign.finished", "campaign.started", "campaign.cancelled",
            "campaign.expired", "campaign.started", "campaign.failed",
        ])
        #expect(Set(told.map(\.message)).count == told.count && told.allSatisfy { $0.message.utf8.count == 36 && $0.message.hasPrefix("msg_") })
        let now = store.now.description
        #expect(try data(told[3]) == [
            "campaign": "cmp_1", "name": "Ventes", "state": "finished", "reason": .null, "started_at": .string(now), "finished_at": .string(now),
            "audience": 4, "by_state": ["accepted": 3, "skipped": 1],
        ])
        #expect(try data(told.last)["reason"] == "why")
        try store.close()
    }

    @Test func `whoever leaves is told of by external id and without the address`() async throws {
        let webhook = try await webhook()
        let subscription = try await person("u1")
        try await store.write { transaction in
            let proof = ConsentProof(source: "preferences")
            _ = try transaction.decide(false, subscription: subscription.id, proof: proof)
            // Nothing has changed: nothing is told.
            _ = try transaction.decide(false, subscription: subscription.id, proof: proof)
            _ = try transaction.decide(true, subscription: subscription.id, proof: ConsentProof(source: "form", at: transaction.now))
        }
        _ = try await person("u2")
        let isChanged = try await store.write { transaction in
            try (0..<2).map { _ in try transaction.invalidate(subscription: subscription.id, reason: "unsubscribed", at: transaction.now) }
        }
        #expect(isChanged == [true, false])
        let told = try await outbox(webhook)
        #expect(told.map(\.type) == ["subscription.opted_out", "subscription.opted_out", "subscription.invalidated"])
        let common: JSONObject = ["subscription": .string(subscription.id.description), "profile": "u1", "channel": "sms", "account": "sms"]
        func with(_ name: String, _ value: JSONValue, _ profile: JSONValue = "u1") -> JSONValue {
            var object = common
            (object["profile"], object[name]) = (profile, value)
            return .object(object)
        }
        #expect(try data(told[0]) == with("source", "preferences"))
        #expect(try data(told[1]) == with("source", "owner_changed"))
        #expect(try data(told[2]) == with("reason", "unsubscribed", "u2"))
        #expect(told.allSatisfy { !$0.body.contains("33611223344") })
        try store.close()
    }

    @Test func `nothing is kept for nobody, for a webhook that wants something else, or for one that is disabled`() async throws {
        let other = try await webhook([.campaignFinished])
        let disabled = try await webhook()
        var change = WebhookChange()
        change.isEnabled = false
        _ = try await store.write { [change] in try $0.change(webhook: disabled.id, change, ifVersion: nil) }
        let subscription = try await person("u1")
        _ = try await store.write { try $0.decide(false, subscription: subscription.id, proof: ConsentProof(source: "form")) }
        #expect(try await outbox(other) == [])
        #expect(try await outbox(disabled) == [])
        try store.close()
    }

    @Test func `two webhooks get one event under one id`() async throws {
        let (one, two) = (try await webhook(), try await webhook())
        let subscription = try await person("u1")
        _ = try await store.write { try $0.decide(false, subscription: subscription.id, proof: ConsentProof(source: "form")) }
        let (first, second) = (try await outbox(one), try await outbox(two))
        #expect(first.count == 1 && first.map(\.message) == second.map(\.message) && first.map(\.body) == second.map(\.body))
        try store.close()
    }

    @Test func `what is undone was never told`() async throws {
        let webhook = try await webhook()
        let subscription = try await person("u1")
        await #expect(throws: Refusal.self) {
            try await store.write { transaction in
                _ = try transaction.decide(false, subscription: subscription.id, proof: ConsentProof(source: "form"))
                #expect(try transaction.deliveries(of: webhook.id, limit: 10).count == 1)
                throw Refusal()
            }
        }
        #expect(try await outbox(webhook) == [])
        try store.close()
    }

    @Test func `a provider's notice is told with what was paused for it`() async throws {
        let webhook = try await webhook([.accountNotice])
        let effects = try await store.write { transaction in
            let id = try transaction.createCampaign(name: "a", purpose: .marketing, definition: #"{"channels":["sms"]}"#).id
            _ = try transaction.launchCampaign(id)
            return try [AccountNotice.warning, .blocked, .blocked].enumerated().map { number, notice in
                // The last is a repeat.
                let event = InboundEvent(id: "e\(min(number, 1))", kind: .account(notice, detail: "policy"), address: nil, at: transaction.now)
                return try transaction.apply(event, account: "sms")
            }
        }
        #expect(effects.last == .repeated)
        let told = try await outbox(webhook)
        #expect(told.count == 2)
        #expect(try data(told[0]) == ["account": "sms", "channel": "sms", "notice": "warning", "detail": "policy", "paused": []])
        #expect(try data(told[1]) == ["account": "sms", "channel": "sms", "notice": "blocked", "detail": "policy", "paused": ["cmp_1"]])
        try store.close()
    }

    @Test func `erasing a person takes what is told of them`() async throws {
        let webhook = try await webhook()
        let subscription = try await person("u1")
        _ = try await store.write { try $0.decide(false, subscription: subscription.id, proof: ConsentProof(source: "form")) }
        #expect(try await outbox(webhook).count == 1)
        #expect(try await store.write { try $0.erase(profile: "u1") })
        #expect(try await outbox(webhook) == [])
        try store.close()
    }

    @Test func `deliveries are forgotten by age, a slice at a time`() async throws {
        let webhook = try await webhook()
        for day in 0..<5 {
            if day > 0 { time.advance(milliseconds: 86_400_000) }
            _ = try await store.write { try $0.test(webhook: webhook.id) }
        }
        let bound = store.now - .seconds(86_400 * 2)
        let slices = try await store.write { transaction in
            try (0..<3).map { _ in try transaction.forgetWebhookDeliveries(madeBefore: bound, limit: 1) }
        }
        #expect(slices == [1, 1, 0])
        #expect(try await outbox(webhook).count == 3)
        let all = try await store.write { transaction in try (0..<3).map { _ in try transaction.forgetDeliveries(of: webhook.id, limit: 2) } }
        #expect(all == [2, 1, 0])
        try store.close()
    }

    @Test func `an endpoint is disabled when it is gone, or when one delivery failed to the end and nothing else got through`() async throws {
        func attempt(_ delivery: WebhookDelivery, _ result: WebhookAttempt.Result) async throws -> Webhook.DisabledReason? {
            let attempt = WebhookAttempt(delivery: delivery.id, result: result, responseStatus: 500, error: nil)
            return try await store.write { try $0.record(attempt)?.reason }
        }
        func event(_ webhook: Webhook) async throws -> WebhookDelivery {
            let id = try await store.write { transaction in
                let id = try transaction.createCampaign(name: "a", purpose: .marketing, definition: "{}").id
                return try transaction.launchCampaign(id).id
            }
            #expect(id.rawValue > 0)
            return try #require(try await outbox(webhook).last)
        }
        let failing = try await webhook([.campaignStarted])
        let first = try await event(failing)
        #expect(try await attempt(first, .failed(retryAt: store.now + .seconds(5))) == nil)
        time.advance(milliseconds: 1_000)
        #expect(try await attempt(try await event(failing), .delivered) == nil)
        #expect(try await attempt(first, .failed(retryAt: nil)) == nil, "another got through meanwhile")
        time.advance(milliseconds: 1_000)
        let last = try await event(failing)
        // A test that fails says nothing of the others.
        let test = try await store.write { try $0.test(webhook: failing.id) }
        #expect(try await attempt(test, .failed(retryAt: nil)) == nil)
        #expect(try await attempt(last, .failed(retryAt: nil)) == .failing)
        #expect(try await attempt(last, .delivered) == nil, "the answer of an attempt that is over changes nothing")
        #expect(try await outbox(failing).last?.state == .failed)
        #expect(try await store.read { try $0.webhook(failing.id)?.disabledReason } == .failing)

        let gone = try await webhook([.campaignStarted])
        #expect(try await attempt(try await event(gone), .gone) == .gone)
        await #expect(throws: StorageError.conflict("The webhook \(gone.id) is disabled: enable it first")) { try await store.write { try $0.test(webhook: gone.id) } }
        var change = WebhookChange()
        change.isEnabled = true
        let enabled = try await store.write { [change] in try $0.change(webhook: gone.id, change, ifVersion: nil) }
        #expect(enabled.isEnabled && enabled.disabledReason == nil && enabled.version == gone.version + 2)
        try store.close()
    }

    @Test func `what is due is found by webhook, longest waiting first, and only of those that are enabled`() async throws {
        let (busy, quiet, disabled) = (try await webhook(), try await webhook(), try await webhook())
        for webhook in [busy, busy, busy, quiet, disabled] {
            _ = try await store.write { try $0.test(webhook: webhook.id) }
            time.advance(milliseconds: 1_000)
        }
        var change = WebhookChange()
        change.isEnabled = false
        _ = try await store.write { [change] in try $0.change(webhook: disabled.id, change, ifVersion: nil) }
        let first = try #require(try await outbox(busy).first)
        _ = try await store.write { try $0.record(WebhookAttempt(delivery: first.id, result: .failed(retryAt: $0.now + .seconds(5)), responseStatus: nil, error: "x")) }
        let due = try await store.read { try $0.dueDeliveries(limit: 2) }
        #expect(due.map(\.webhook.id) == [quiet.id, busy.id])
        #expect(try await due.map { $0.deliveries.map(\.id) } == [outbox(quiet).map(\.id), outbox(busy).dropFirst().map(\.id)])
        let backlog = try await store.read { try $0.webhookBacklog() }
        #expect(backlog.pending == 4 && backlog.since == first.createdAt)
        time.advance(milliseconds: 5_000)
        #expect(try await store.read { try $0.dueDeliveries(limit: 9)[1].deliveries.map(\.id) } == outbox(busy).map(\.id).sorted { $0 != first.id && $1 == first.id })
        try store.close()
    }

    @Test func `a clock that was set back makes nobody wait until it has caught up`() async throws {
        let webhook = try await webhook()
        let start = store.now
        let ids = try await store.write { transaction in try (0..<2).map { _ in try transaction.test(webhook: webhook.id).id } }
        time.advance(milliseconds: 3_600_000)
        _ = try await store.write { try $0.record(WebhookAttempt(delivery: ids[0], result: .failed(retryAt: $0.now + .seconds(300)), responseStatus: 500, error: nil)) }
        time.setWall(milliseconds: start.milliseconds - 1_000)
        try await store.write { try $0.restartWebhookWaits() }
        #expect(try await outbox(webhook).map(\.nextAt) == [store.now + .seconds(300), store.now])
        try store.close()
    }

    @Test func `there is an end to how many webhooks there are`() async throws {
        for _ in 0..<Webhook.maxCount { _ = try await webhook() }
        await #expect(throws: StorageError.self) { try await webhook() }
        try store.close()
    }
}
