import Core
import HTTPServer
import Linux
import Storage
import Testing
import Webhooks

@Suite struct WebhookSenderTests {
    @Test func `an event arrives signed, as it was written`() async throws {
        let fixture = try SenderFixture(Receiver())
        let webhook = try await fixture.webhook()
        try await fixture.happen()
        let delivery = try await fixture.delivery(webhook) { $0.state == .delivered }
        #expect(delivery.attempts == 1 && delivery.responseStatus == 204 && delivery.error == nil && delivery.nextAt == nil)
        let got = fixture.receiver.received
        try #require(got.count == 1)
        #expect(got[0].id == delivery.message && got[0].body == Array(delivery.body.utf8) && got[0].type == "application/json")
        #expect(got[0].timestamp == "\(fixture.store.now.seconds)")
        #expect(got[0].signatures == [fixture.secret(webhook).signature(of: delivery.message, at: fixture.store.now.seconds, got[0].body)])
        #expect(try await fixture.store.read { try $0.webhook(webhook.id)?.succeededAt } == fixture.store.now)
        #expect(fixture.sender.attempts == [.delivered: 1])
        try await fixture.close()
    }

    @Test func `after a rotation both secrets sign, for as long as the former has`() async throws {
        let fixture = try SenderFixture(Receiver())
        let old = try await fixture.webhook()
        let new = try await fixture.store.write { try $0.rotate(webhook: old.id, until: $0.now + .seconds(3_600)) }
        func signatures() async throws -> [String] {
            let before = fixture.receiver.received.count
            try await fixture.happen()
            #expect(try await fixture.eventually { fixture.receiver.received.count > before })
            let got = try #require(fixture.receiver.received.last)
            let all = [new.salt, old.salt].map { fixture.secret(old, salt: $0).signature(of: got.id, at: fixture.store.now.seconds, got.body) }
            return got.signatures.map { signature in all.firstIndex(of: signature).map { "\($0)" } ?? signature }
        }
        #expect(try await signatures() == ["0", "1"])
        fixture.time.advance(milliseconds: 3_600_000)
        #expect(try await signatures() == ["0"])
        try await fixture.close()
    }

    @Test(arguments: [500, 503, 404, 429, 302, 300]) func `anything but a 2xx is tried again, under the same id`(status: Int) async throws {
        let fixture = try SenderFixture(Receiver { path, number in
            path == "elsewhere" || number > 1 ? Response(status: 200) : Response(status: status, headers: [("location", "/elsewhere")])
        })
        let webhook = try await fixture.webhook()
        try await fixture.happen()
        let refused = try await fixture.delivery(webhook) { $0.attempts == 1 }
        #expect(refused.state == .pending && refused.responseStatus == status)
        let wait = try #require(refused.nextAt) - fixture.store.now
        #expect((.seconds(5)...(.seconds(6))).contains(wait))
        fixture.time.advance(milliseconds: 6_000)
        fixture.sender.wake()
        let delivered = try await fixture.delivery(webhook) { $0.state == .delivered }
        #expect(delivered.attempts == 2 && delivered.responseStatus == 200)
        let got = fixture.receiver.received
        #expect(got.map(\.path) == ["hook", "hook"], "a redirect is not followed")
        #expect(Set(got.map(\.id)) == [delivered.message] && got[0].body == got[1].body && got[0].timestamp != got[1].timestamp)
        try await fixture.close()
    }

    @Test func `whoever asks for more time gets it, up to an hour`() async throws {
        let waits = ["600": 600, "1": 5, "86400": 3_600, "soon": 5] as [String: Int64]
        let fixture = try SenderFixture(Receiver { path, _ in Response(status: 503, headers: [("retry-after", path)]) })
        var webhooks: [(Webhook, Int64)] = []
        for (asked, seconds) in waits { webhooks.append((try await fixture.webhook(asked), seconds)) }
        try await fixture.happen()
        for (webhook, seconds) in webhooks {
            let wait = try #require(try await fixture.delivery(webhook) { $0.attempts == 1 }.nextAt) - fixture.store.now
            #expect((.seconds(seconds)...(.seconds(max(seconds, 6)))).contains(wait), "\(webhook.url)")
        }
        try await fixture.close()
    }

    @Test func `ten attempts over three days, then it is given up and the webhook disabled`() async throws {
        let fixture = try SenderFixture(Receiver { _, _ in Response(status: 500) })
        let webhook = try await fixture.webhook()
        let start = fixture.store.now
        try await fixture.happen()
        var waits: [Int64] = []
        for attempt in 1...9 {
            let row = try await fixture.delivery(webhook) { $0.attempts == attempt }
            waits.append((try #require(row.nextAt) - fixture.store.now).milliseconds)
            fixture.time.advance(milliseconds: waits[attempt - 1] - 1)
            fixture.sender.wake()
            #expect(try await fixture.store.read { try $0.dueDeliveries(limit: 1).isEmpty }, "it is not due a moment before")
            fixture.time.advance(milliseconds: 1)
            fixture.sender.wake()
        }
        let row = try await fixture.delivery(webhook) { $0.attempts == 10 }
        #expect(row.state == .failed && row.nextAt == nil)
        for (wait, seconds) in zip(waits, [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as [Int64]) {
            #expect((seconds * 1_000...seconds * 1_200).contains(wait), "\(wait) for \(seconds) s")
        }
        #expect(fixture.store.now - start > .seconds(3 * 86_400))
        let after = try await fixture.store.read { try $0.webhook(webhook.id) }
        #expect(after?.isEnabled == false && after?.disabledReason == .failing)
        #expect(try await fixture.eventually { fixture.sender.attempts == [.retried: 9, .failed: 1] && fixture.notices.withLock { $0.count } == 2 })
        #expect(fixture.receiver.received.count == 10)
        try await fixture.close()
    }

    @Test func `an endpoint that is gone is left alone, and gets what has waited when it is enabled again`() async throws {
        let fixture = try SenderFixture(Receiver { _, number in Response(status: number == 1 ? 410 : 200) })
        let webhook = try await fixture.webhook()
        try await fixture.happen()
        #expect(try await fixture.eventually { try await fixture.store.read { try $0.webhook(webhook.id)?.disabledReason } == .gone })
        let gone = try await fixture.delivery(webhook) { $0.state == .failed }
        try await fixture.happen()
        #expect(try await fixture.deliveries(webhook).count == 1, "nothing is kept for it")
        var change = WebhookChange()
        change.isEnabled = true
        _ = try await fixture.store.write { [change] in try $0.change(webhook: webhook.id, change, ifVersion: nil) }
        _ = try await fixture.store.write { try $0.replay(gone.id, of: webhook.id) }
        fixture.sender.wake()
        _ = try await fixture.delivery(webhook) { $0.state == .delivered }
        #expect(fixture.receiver.received.map(\.id) == [gone.message, gone.message])
        try await fixture.close()
    }

    @Test func `an answer that does not come in time is a failure, and so is a connection that is cut`() async throws {
        let gate = Gate()
        let fixture = try SenderFixture(Receiver { path, _ in
            if path == "cut" { return Response(status: 200, body: .abort) }
            await gate.wait()
            return Response(status: 200)
        }) { $0.timeoutMilliseconds = 300 }
        let (slow, cut) = (try await fixture.webhook("slow"), try await fixture.webhook("cut"))
        try await fixture.happen()
        for (webhook, error) in [(slow, "Timeout was reached"), (cut, "Server returned nothing (no headers, no data)")] {
            let row = try await fixture.delivery(webhook) { $0.attempts == 1 }
            #expect(row.state == .pending && row.responseStatus == nil && row.error == error)
        }
        gate.open()
        try await fixture.close()
    }

    @Test func `a slow endpoint holds up nobody else, and gets a few at a time`() async throws {
        let gate = Gate()
        let fixture = try SenderFixture(Receiver { path, _ in
            if path == "slow" { await gate.wait() }
            return Response(status: 200)
        })
        let (slow, fast) = (try await fixture.webhook("slow"), try await fixture.webhook("fast"))
        for _ in 0..<20 { try await fixture.happen() }
        #expect(try await fixture.eventually { try await fixture.deliveries(fast).allSatisfy { $0.state == .delivered } })
        #expect(try await fixture.eventually { fixture.receiver.received.count { $0.path == "slow" } == 4 })
        #expect(try await fixture.deliveries(slow).allSatisfy { $0.state == .pending })
        gate.open()
        #expect(try await fixture.eventually { try await fixture.deliveries(slow).allSatisfy { $0.state == .delivered } })
        #expect(fixture.receiver.received.count == 40 && Set(fixture.receiver.received.map { $0.path + $0.id }).count == 40)
        try await fixture.close()
    }

    @Test func `one in trouble gets one at a time`() async throws {
        let gate = Gate()
        let fixture = try SenderFixture(Receiver { _, number in
            if number == 1 { return Response(status: 500) }
            await gate.wait()
            return Response(status: 200)
        })
        let webhook = try await fixture.webhook()
        try await fixture.happen()
        _ = try await fixture.delivery(webhook) { $0.attempts == 1 }
        for _ in 0..<5 { try await fixture.happen() }
        #expect(try await fixture.eventually { fixture.receiver.received.count == 2 })
        // Two rounds of the sender, in which nothing more leaves.
        let other = try await fixture.webhook("other")
        for _ in 0..<2 {
            let test = try await fixture.store.write { try $0.test(webhook: other.id) }
            fixture.sender.wake()
            #expect(try await fixture.eventually { fixture.receiver.received.contains { $0.id == test.message } })
        }
        #expect(fixture.receiver.received.count { $0.path == "hook" } == 2)
        gate.open()
        #expect(try await fixture.eventually { try await fixture.deliveries(webhook).count { $0.state == .delivered } == 5 })
        try await fixture.close()
    }

    @Test func `a test is tried once`() async throws {
        let fixture = try SenderFixture(Receiver { _, _ in Response(status: 500) })
        let webhook = try await fixture.webhook()
        _ = try await fixture.store.write { try $0.test(webhook: webhook.id) }
        fixture.sender.wake()
        let row = try await fixture.delivery(webhook) { $0.state == .failed }
        #expect(row.attempts == 1 && row.type == "webhook.test")
        #expect(try await fixture.store.read { try $0.webhook(webhook.id)?.isEnabled } == true)
        try await fixture.close()
    }

    @Test func `an answer as long as it likes is read no further than its status`() async throws {
        let long = [UInt8](repeating: 65, count: 8 << 20)
        let fixture = try SenderFixture(Receiver { _, _ in .bytes(long, type: "text/plain", status: 202) })
        let webhook = try await fixture.webhook()
        try await fixture.happen()
        #expect(try await fixture.delivery(webhook) { $0.attempts == 1 }.responseStatus == 202)
        #expect(try await fixture.deliveries(webhook).map(\.state) == [.delivered])
        try await fixture.close()
    }

    @Test func `what is under way when the sender ends is sent again by the next, under the same id`() async throws {
        let gate = Gate()
        let fixture = try SenderFixture(Receiver { _, number in
            if number == 1 { await gate.wait() }
            return Response(status: 200)
        })
        let webhook = try await fixture.webhook()
        try await fixture.happen()
        #expect(try await fixture.eventually { fixture.receiver.received.count == 1 })
        try await fixture.restart()
        let row = try await fixture.delivery(webhook) { $0.state == .delivered }
        #expect(fixture.receiver.received.map(\.id) == [row.message, row.message] && row.attempts == 1)
        gate.open()
        try await fixture.close()
    }

    @Test func `nobody is connected to on a private address unless the operator allows it`() async throws {
        let receiver = try Receiver()
        let fixture = try SenderFixture(receiver) { $0.allowsPrivate = false }
        for (url, error) in [
            ("https://127.0.0.1:\(receiver.port)/hook", "The address is not allowed"), ("https://localhost:\(receiver.port)/hook", "The address is not allowed"),
            ("https://[::ffff:127.0.0.1]:\(receiver.port)/hook", "The address is not allowed"), ("http://example.com:\(receiver.port)/hook", "Unsupported protocol"),
        ] {
            // Whatever the contract would refuse at first may have been allowed when it was registered.
            let webhook = try await fixture.webhook(url: url)
            _ = try await fixture.store.write { try $0.test(webhook: webhook.id) }
            fixture.sender.wake()
            let row = try await fixture.delivery(webhook) { $0.attempts == 1 }
            #expect(row.state == .failed && row.error == error && row.responseStatus == nil, "\(url): \(row.error ?? "")")
        }
        #expect(receiver.connections == 0)
        try await fixture.close()
    }
}
