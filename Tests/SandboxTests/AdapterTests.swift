import APNs
import Core
import FCM
import Linux
import Messenger
import OpenSSL
import SMS
import Testing
import WebPush

@testable import Sandbox

/// The channel adapters against the simulators, which share no code with them.
@Suite struct AdapterTests {
    struct Run {
        let sandbox: Sandbox
        let port: Int
        let adapter: any ChannelAdapter
        let recipient: Recipient

        /// What the adapter makes of the provider's answer; nil when the connection was cut.
        func send(_ message: Message) async throws -> Outcome? {
            while let request = adapter.credentialRequest(now: Fixture.now) {
                guard let reply = try await exchange(request) else { return nil }
                let outcome = adapter.acceptCredential(reply, now: Fixture.now)
                guard case .accepted = outcome else { return outcome }
            }
            switch adapter.prepare(message, to: recipient, now: Fixture.now) {
            case .refused(let reason, let detail):
                Issue.record("refused by the adapter: \(reason) \(detail)")
                return nil
            case .request(let request):
                return try await exchange(request).map { adapter.outcome(of: $0, now: Fixture.now) }
            }
        }

        private func exchange(_ request: OutboundRequest) async throws -> ProviderReply? {
            let origin = "http://127.0.0.1:\(port)"
            #expect(request.url.hasPrefix(origin + "/"))
            let answer = try await WireClient.send(
                request.method.rawValue, String(request.url.dropFirst(origin.utf8.count)), headers: request.headers,
                body: request.body, port: port)
            return answer.map { ProviderReply(status: $0.status, headers: $0.headers, body: $0.body) }
        }
    }

    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case apns, fcm, webpush, messenger, kannel, twilio
        var testDescription: String { rawValue }

        var channel: Channel {
            switch self {
            case .apns: .apns
            case .fcm: .fcm
            case .webpush: .webpush
            case .messenger: .messenger
            case .kannel, .twilio: .sms
            }
        }
    }

    static let pageID = SandboxSettings.Messenger().pageID

    static func smsAccount(_ kind: Kind, _ world: SandboxWorld, origin: String) -> SMSAccount {
        let provider: SMSAccount.Provider
        if kind == .kannel {
            provider = .kannel(KannelSettings(
                baseURL: origin + "/cgi-bin/sendsms", username: world.kannelUser, password: world.kannelPassword))
        } else {
            var twilio = TwilioSettings(accountSID: world.twilioAccount, authToken: world.twilioAuthToken)
            twilio.baseURL = origin
            provider = .twilio(twilio)
        }
        return SMSAccount(name: "sms-fr", provider: provider, sender: "SHOP", publicURL: "https://push.example.com",
                          callbackSecret: [UInt8](repeating: 7, count: 32))
    }

    static func messengerAccount(_ world: SandboxWorld, origin: String) -> MessengerAccount {
        var account = MessengerAccount(
            name: "page", pageID: pageID, pageToken: world.pageToken, appSecret: world.appSecret, verifyToken: world.verifyToken)
        account.baseURL = origin
        account.appID = "424242"
        return account
    }

    static func adapter(_ kind: Kind, _ world: SandboxWorld, origin: String) throws -> (any ChannelAdapter, Address) {
        let account = Account(name: "main", channel: kind.channel)
        switch kind {
        case .apns:
            let adapter = APNsAdapter(
                account: account, teamID: world.teamID, keyID: world.apnsKeyID, key: world.apnsKey, topic: "com.example.shop",
                environment: .production, baseURL: origin)
            return (adapter, .apns(token: world.book.apnsToken(1)))
        case .fcm:
            let file = try ServiceAccount(json: world.serviceAccount(origin: origin).bytes)
            return (FCMAdapter(account: account, serviceAccount: file, baseURL: origin), .fcm(token: world.book.fcmToken(1)))
        case .webpush:
            let subscription = world.book.webPush(1, origin: origin)
            return (
                try WebPushAdapter(account: account, key: world.vapidKey, subject: "mailto:ops@example.com"),
                .webpush(endpoint: subscription.endpoint, p256dh: subscription.p256dh, auth: subscription.auth)
            )
        case .messenger:
            return (MessengerAdapter(messengerAccount(world, origin: origin)), .messenger(psid: world.book.psid(1)))
        case .kannel, .twilio:
            let number = try #require(PhoneNumber(e164: world.book.phone(1)))
            return (SMSAdapter(smsAccount(kind, world, origin: origin)), .sms(number))
        }
    }

    static func message(_ number: Int64 = 1) -> Message {
        Message(
            delivery: DeliveryID(rawValue: number),
            key: MessageKey(run: RunID(rawValue: 1), recipient: number, hash: SipHash(key: [UInt8](repeating: 1, count: 16))),
            collapseKey: "cmp_\(number)", purpose: .marketing, language: "fr", title: "Ventes privées",
            body: "C'est parti, ça commence à 9 h… 🎉", url: "https://shop.example/vp", appURL: "shop://vp",
            image: "https://shop.example/vp.jpg", data: [("product", "sku-1")], expiresAt: Fixture.now + .seconds(4 * 3_600))
    }

    static func run(_ kind: Kind, _ body: (Run) async throws -> Void) async throws {
        var settings = SandboxSettings()
        settings.knowsOnlyItsOwn = true
        settings.deliversCallbacks = false
        settings.messenger.callbackURL = "https://push.example.com/hooks/page"
        settings.messenger.echoAppID = "424242"
        settings.messenger.sendsReads = true
        let sandbox = try Sandbox(
            world: Fixture.world.get(), settings: settings, time: ManualTime(wallMilliseconds: Fixture.now.milliseconds))
        let port = try sandbox.start()
        do {
            let (adapter, address) = try adapter(kind, sandbox.world, origin: "http://127.0.0.1:\(port)")
            let recipient = Recipient(address: address, windowExpiresAt: Fixture.now + .seconds(3_600))
            try await body(Run(sandbox: sandbox, port: port, adapter: adapter, recipient: recipient))
        } catch {
            await sandbox.stop()
            throw error
        }
        await sandbox.stop()
    }

    @Test(arguments: Kind.allCases) func `are taken, and without a remark`(_ kind: Kind) async throws {
        try await Self.run(kind) { (run) async throws in
            let outcome = try await run.send(Self.message())
            guard case .accepted = outcome else {
                Issue.record("\(String(describing: outcome)) \(run.sandbox.receipts.after(0).map(\.json.text))")
                return
            }
            let receipts = run.sandbox.receipts.accepted(kind.channel, by: run.recipient.address.identity)
            #expect(receipts.count == 1)
            #expect(receipts.first?.item.remarks == [])
            #expect(receipts.first?.item.text?.contains("ça commence à 9 h… 🎉") == true)
            #expect(try await run.send(Self.message(2)) != nil)
            #expect(run.sandbox.receipts.duplicates().isEmpty)
            _ = try await run.send(Self.message())
            #expect(run.sandbox.receipts.duplicates().map(\.value) == [2])
        }
    }

    enum Class: String { case accepted, notSent, rejected, dead, optedOut, configuration, ambiguous, cut }

    static func verdict(_ outcome: Outcome?) -> Class {
        switch outcome {
        case nil: .cut
        case .accepted: .accepted
        case .notSent: .notSent
        case .rejected(_, .keep), .rejected(_, .mismatch): .rejected
        case .rejected(_, .invalid): .dead
        case .rejected(_, .optedOut): .optedOut
        case .configuration: .configuration
        case .ambiguous: .ambiguous
        }
    }

    static let classes: [(Kind, Fault.Refusal, Set<Class>)] = [
        (.apns, .gone, [.dead]), (.apns, .throttled(retryAfterSeconds: nil), [.notSent]),
        (.apns, .unavailable(retryAfterSeconds: nil), [.notSent]), (.apns, .named("TopicDisallowed"), [.configuration]),
        (.apns, .named("InvalidProviderToken"), [.configuration]), (.apns, .named("PayloadTooLarge"), [.rejected]),
        (.fcm, .gone, [.dead]), (.fcm, .throttled(retryAfterSeconds: 9), [.notSent]),
        (.fcm, .unavailable(retryAfterSeconds: 9), [.notSent]), (.fcm, .named("THIRD_PARTY_AUTH_ERROR"), [.configuration]),
        (.webpush, .gone, [.dead]), (.webpush, .throttled(retryAfterSeconds: 9), [.notSent]),
        (.webpush, .unavailable(retryAfterSeconds: 9), [.notSent]), (.webpush, .named("104"), [.rejected]),
        (.messenger, .gone, [.dead]), (.messenger, .throttled(retryAfterSeconds: 60), [.notSent]),
        (.messenger, .named("190/463"), [.configuration]), (.messenger, .named("10/2018278"), [.rejected]),
        (.messenger, .named("368"), [.configuration]),
        (.kannel, .unavailable(retryAfterSeconds: nil), [.notSent]), (.kannel, .named("denied"), [.configuration]),
        (.kannel, .named("queued"), [.accepted]),
        (.twilio, .gone, [.optedOut]), (.twilio, .throttled(retryAfterSeconds: 5), [.notSent]),
        (.twilio, .named("20003"), [.configuration]), (.twilio, .named("21614"), [.dead]),
    ]

    @Test(arguments: classes) func `classify every failure`(_ kind: Kind, _ refusal: Fault.Refusal, _ expected: Set<Class>) async throws {
        try await Self.run(kind) { (run) async throws in
            run.sandbox.faults.add(Fault(.refuse(refusal), times: 1))
            let outcome = try await run.send(Self.message())
            #expect(expected.contains(Self.verdict(outcome)), "\(String(describing: outcome))")
        }
    }

    @Test func `believe 410 since the moment that Apple names`() async throws {
        try await Self.run(.apns) { (run) async throws in
            run.sandbox.faults.add(Fault(.refuse(.gone), address: run.recipient.address.identity))
            #expect(try await run.send(Self.message()) == .rejected(detail: "410 Unregistered", address: .invalid(since: Fixture.now)))
        }
    }

    static func callback(_ call: ProviderCallback) throws -> Callback {
        let start = "https://push.example.com"
        #expect(call.url.hasPrefix(start))
        var query: [(name: String, value: String)] = []
        if let mark = call.url.utf8.firstIndex(of: UInt8(ascii: "?")) {
            query = try #require(FormCoding.decode(Array(call.url.utf8[mark...].dropFirst())))
        }
        return Callback(method: call.method, url: call.url, query: query,
                        headers: call.headers.map { ($0.name.asciiLowercased, $0.value) }, body: call.body)
    }

    static let receivers: [(Kind, Fault?, [DeliveryState])] = [
        (.kannel, nil, [.accepted, .delivered]), (.kannel, Fault(.undelivered), [.accepted, .rejected]),
        (.twilio, nil, [.accepted, .delivered]), (.twilio, Fault(.undelivered), [.accepted, .rejected]),
    ]

    @Test(arguments: receivers) func `read the reports of SMS gateways`(_ kind: Kind, _ fault: Fault?, _ states: [DeliveryState]) async throws {
        try await Self.run(kind) { (run) async throws in
            if let fault { run.sandbox.faults.add(fault) }
            _ = try await run.send(Self.message())
            let receiver = SMSReceiver(Self.smsAccount(kind, run.sandbox.world, origin: ""))
            var seen: [DeliveryState] = []
            for call in run.sandbox.pendingCallbacks() {
                let result = receiver.receive(try Self.callback(call), now: Fixture.now)
                #expect((200...299).contains(result.status), "\(call.url)")
                for event in result.events { if case .status(_, let state, _) = event.kind { seen.append(state) } }
            }
            #expect(seen == states)
        }
    }

    @Test func `read the events of a page`() async throws {
        try await Self.run(.messenger) { (run) async throws in
            _ = try await run.send(Self.message(9))
            let inbound = run.sandbox.messenger.inbound(from: run.recipient.address.identity, text: "STOP", now: Fixture.now)
            let receiver = MessengerReceiver(Self.messengerAccount(run.sandbox.world, origin: ""))
            var kinds: [InboundEvent.Kind] = []
            for call in run.sandbox.pendingCallbacks() + [try #require(inbound)] {
                let result = receiver.receive(try Self.callback(call), now: Fixture.now)
                #expect(result.status == 200)
                #expect(!result.events.isEmpty)
                kinds += result.events.map(\.kind)
            }
            let names = kinds.map { "\($0)" }.joined(separator: "\n")
            #expect(kinds.contains { if case .status(.delivery(DeliveryID(rawValue: 9)), .accepted, _) = $0 { true } else { false } }, "\(names)")
            #expect(kinds.contains { if case .watermark(.delivered, _) = $0 { true } else { false } }, "\(names)")
            #expect(kinds.contains { if case .watermark(.opened, _) = $0 { true } else { false } }, "\(names)")
            #expect(kinds.contains { if case .optOut = $0 { true } else { false } }, "\(names)")
        }
    }

    @Test func `write in the alphabet that arrives whole`() async throws {
        try await Self.run(.kannel) { (run) async throws in
            for (number, body) in ["Privées à 9 h, dès 5 €", "ça œuvre", String(repeating: "😀", count: 40)].enumerated() {
                var message = Self.message(Int64(number + 10))
                message.title = nil
                message.url = nil
                message.body = body
                _ = try await run.send(message)
            }
            let items = run.sandbox.receipts.accepted(.sms, by: run.recipient.address.identity).map(\.item)
            #expect(items.count == 3)
            #expect(items.flatMap { $0.remarks } == [])
        }
    }
}
