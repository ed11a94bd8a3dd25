import Core
import OpenSSL
import Testing

@testable import WebPush

@Suite struct WebPushAdapterTests {
    static let now = Timestamp.seconds(1_800_000_000)
    static let endpoint = "https://updates.push.services.mozilla.com/wpush/v2/gAAA"

    static func adapter(_ key: P256.SigningKey) throws -> WebPushAdapter {
        try WebPushAdapter(
            account: Account(name: "web", channel: .webpush), key: key, subject: "mailto:ops@example.com")
    }

    static func message(_ change: (inout Message) -> Void = { _ in }) -> Message {
        var message = Message(
            delivery: DeliveryID(rawValue: 7),
            key: MessageKey(run: RunID(rawValue: 1), recipient: 7, hash: SipHash(key: Array(0..<16))),
            collapseKey: "cmp_12", purpose: .marketing, language: "fr", title: "Bonjour", body: "C'est parti",
            url: "https://shop.example/vp")
        change(&message)
        return message
    }

    static func recipient(_ endpoint: String = endpoint) -> Recipient {
        Recipient(address: .webpush(
            endpoint: endpoint, p256dh: WebPushEncryptionTests.receiverPoint, auth: WebPushEncryptionTests.secret))
    }

    static func request(_ prepared: PreparedMessage) throws -> OutboundRequest {
        guard case .request(let request) = prepared else {
            Issue.record("refused: \(prepared)")
            throw CancellationError()
        }
        return request
    }

    static func header(_ name: String, of request: OutboundRequest) -> String? {
        request.headers.first { $0.name == name }?.value
    }

    /// The plaintext of a request, opened with the browser's key of RFC 8291.
    static func plaintext(of body: [UInt8]) throws -> [UInt8] {
        var hmac = HMAC()
        var gcm = AESGCM()
        var browser = try P256.Agreement()
        try browser.load(scalar: #require(Base64URL.decode(WebPushEncryptionTests.receiverScalar)))
        let sender = Array(body[21..<86])
        let secret = try #require(try browser.sharedSecret(with: sender))
        let material = try WebPushEncryption.inputKeyMaterial(
            secret: secret, receiver: WebPushEncryptionTests.receiver(), sender: sender, with: &hmac)
        let keys = ContentKeys(material: material, salt: Array(body[..<16]), with: &hmac)
        let record = try #require(try gcm.open(Array(body[86...]), key: keys.key, nonce: keys.nonce))
        let end = try #require(record.lastIndex { $0 != 0 })
        #expect(record[end] == 0x02)
        return Array(record[..<end])
    }

    @Test func `a message becomes one signed and encrypted POST`() throws {
        let key = try P256.SigningKey.generate()
        let message = Self.message { $0.expiresAt = Self.now + .milliseconds(3_600_001) }
        let request = try Self.request(Self.adapter(key).prepare(message, to: Self.recipient(), now: Self.now))
        #expect(request.method == .POST)
        #expect(request.url == Self.endpoint)
        #expect(request.headers.map(\.name)
            == ["TTL", "Urgency", "Topic", "Content-Encoding", "Content-Type", "Authorization"])
        #expect(Self.header("TTL", of: request) == "3601")
        #expect(Self.header("Urgency", of: request) == "normal")
        #expect(Self.header("Topic", of: request) == "cmp_12")
        #expect(Self.header("Content-Encoding", of: request) == "aes128gcm")
        #expect(request.body.count == 86 + 256 + 16)
        #expect(try String(decoding: Self.plaintext(of: request.body), as: UTF8.self) == """
            {"web_push":8030,"notification":{"title":"Bonjour","body":"C'est parti","navigate":"https://shop.example/vp",\
            "lang":"fr","tag":"cmp_12"}}
            """)
    }

    @Test func `every option finds its place, the badge and mutable twice`() throws {
        let options = try #require(try JSONValue(parsing: Array("""
            {"urgency":"high","icon":"https://shop.example/i.png","badge":"https://shop.example/b.png","app_badge":3,
             "tag":"sale","dir":"ltr","silent":false,"renotify":true,"require_interaction":true,"mutable":true,
             "actions":[{"action":"buy","title":"Buy","navigate":"https://shop.example/buy","icon":"https://shop.example/a.png"}]}
            """.utf8)).object)
        let errors = FieldErrors()
        WebPushRules().checkOptions(options, at: "", errors: errors)
        #expect(errors.list == [])
        let message = Self.message {
            $0.options = options
            $0.image = "https://shop.example/big.png"
            $0.data = [("sku", "1"), ("code", "VP")]
        }
        let request = try Self.request(
            Self.adapter(P256.SigningKey.generate()).prepare(message, to: Self.recipient(), now: Self.now))
        #expect(Self.header("Urgency", of: request) == "high")
        #expect(Self.header("TTL", of: request) == "2419200")
        #expect(try String(decoding: Self.plaintext(of: request.body), as: UTF8.self) == """
            {"web_push":8030,"app_badge":3,"mutable":true,"notification":{"title":"Bonjour","body":"C'est parti",\
            "navigate":"https://shop.example/vp","lang":"fr","tag":"sale","image":"https://shop.example/big.png",\
            "data":{"sku":"1","code":"VP"},"icon":"https://shop.example/i.png","badge":"https://shop.example/b.png",\
            "dir":"ltr","silent":false,"renotify":true,"require_interaction":true,"actions":[{"action":"buy",\
            "title":"Buy","navigate":"https://shop.example/buy","icon":"https://shop.example/a.png"}],"app_badge":3,\
            "mutable":true}}
            """)
    }

    @Test func `without a URL or a title the payload stays valid`() throws {
        let message = Self.message {
            $0.url = "shop://vp"
            $0.title = nil
        }
        let request = try Self.request(
            Self.adapter(P256.SigningKey.generate()).prepare(message, to: Self.recipient(), now: Self.now))
        #expect(try String(decoding: Self.plaintext(of: request.body), as: UTF8.self)
            == #"{"notification":{"title":"C'est parti","lang":"fr","tag":"cmp_12"}}"#)
    }

    @Test func `PyJWT accepts the token and finds the claims of RFC 8292`() throws {
        let key = try P256.SigningKey.generate()
        let adapter = try Self.adapter(key)
        let request = try Self.request(adapter.prepare(
            Self.message(), to: Self.recipient("https://PUSH.example:8443/a"), now: Self.now))
        let authorization = try #require(Self.header("Authorization", of: request))
        let parts = authorization.split(separator: " ")
        #expect(parts.count == 3 && parts[0] == "vapid" && parts[1].starts(with: "t=") && parts[1].last == ",")
        #expect(parts[2] == "k=" + Base64URL.encode(key.publicPoint))
        let verdicts = try WebPushJudge.verdicts(of: "webpush_jwt_judge.py", on: [[
            "token": .string(String(parts[1].dropFirst(2).dropLast())), "algorithm": "ES256",
            "key": .string(String(decoding: key.publicKey.pem(), as: UTF8.self)), "audience": "https://push.example:8443",
        ]])
        #expect(verdicts == ["""
            {"claims":{"aud":"https://push.example:8443","exp":1800043200,"sub":"mailto:ops@example.com"},\
            "header":{"alg":"ES256","typ":"JWT"}}
            """])
    }

    @Test func `a token is kept for six hours and per origin`() throws {
        var tokens = VAPIDTokens(key: try P256.SigningKey.generate(), subject: "mailto:a@example.com")
        let first = try tokens.authorization(for: "https://a.example", now: Self.now)
        let later = try tokens.authorization(for: "https://a.example", now: Self.now + .seconds(21_599))
        let other = try tokens.authorization(for: "https://b.example", now: Self.now)
        let renewed = try tokens.authorization(for: "https://a.example", now: Self.now + .seconds(21_600))
        #expect(first == later)
        #expect(first != other)
        #expect(first != renewed)
        for number in 0..<2_500 { _ = try tokens.authorization(for: "https://\(number).example", now: Self.now) }
        #expect(try tokens.authorization(for: "https://a.example", now: Self.now) != renewed)
    }

    @Test func `what cannot be sent is refused with its reason`() throws {
        let adapter = try Self.adapter(P256.SigningKey.generate())
        func reason(_ message: Message, _ recipient: Recipient = Self.recipient()) -> Reason? {
            guard case .refused(let reason, _) = adapter.prepare(message, to: recipient, now: Self.now) else { return nil }
            return reason
        }
        #expect(reason(Self.message { $0.expiresAt = Self.now }) == .expired)
        #expect(reason(Self.message { $0.body = String(repeating: "a", count: 3_993) }) == .payloadTooLarge)
        #expect(reason(Self.message(), Recipient(address: .apns(token: "ab"))) == .subscriptionInvalid)
        #expect(reason(Self.message(), Self.recipient("http://push.example/a")) == .subscriptionInvalid)
        #expect(reason(Self.message(), Self.recipient("https://android.googleapis.com/gcm/send/x")) == .subscriptionInvalid)
        let offCurve = Base64URL.encode([0x04] + Array(repeating: 0x11, count: 64))
        #expect(reason(Self.message(), Recipient(address: .webpush(
            endpoint: Self.endpoint, p256dh: offCurve, auth: WebPushEncryptionTests.secret))) == .subscriptionInvalid)
    }

    @Test func `the topic is always of 32 base64url characters at most`() {
        #expect(WebPushAdapter.topic("cmp_12") == "cmp_12")
        for key in ["", "a b", "é", String(repeating: "x", count: 33)] {
            let topic = WebPushAdapter.topic(key)
            #expect(topic.utf8.count == 32)
            #expect(Base64URL.decode(topic) != nil)
        }
    }

    @Test func `a key counts as working once a service has accepted it`() throws {
        let adapter = try Self.adapter(P256.SigningKey.generate())
        let mismatch = ProviderReply(status: 400, body: Array(#"{"reason":"VapidPkHashMismatch"}"#.utf8))
        #expect(adapter.outcome(of: mismatch, now: Self.now) == .configuration(detail: "400 VapidPkHashMismatch"))
        #expect(adapter.outcome(of: ProviderReply(status: 201), now: Self.now) == .accepted(providerID: nil))
        #expect(adapter.outcome(of: mismatch, now: Self.now) == .rejected(detail: "400 VapidPkHashMismatch", address: .mismatch))
    }
}
