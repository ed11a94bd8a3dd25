import Core
import OpenSSL
import Testing

@testable import APNs

@Suite struct APNsAdapterTests {
    static let now = Timestamp.seconds(1_800_000_000)
    static let device = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"

    static func adapter(baseURL: String? = nil, environment: APNsAdapter.Environment = .production) throws -> APNsAdapter {
        APNsAdapter(
            account: Account(name: "ios-main", channel: .apns), teamID: "TEAM123456", keyID: "KEY1234567",
            key: try P256.SigningKey.generate(), topic: "com.example.app", environment: environment, baseURL: baseURL)
    }

    static func message(_ change: (inout Message) throws -> Void = { _ in }) throws -> Message {
        var message = Message(
            delivery: DeliveryID(rawValue: 7),
            key: MessageKey(run: RunID(rawValue: 1), recipient: 7, hash: SipHash(key: Array(0..<16))),
            collapseKey: "cmp_12", purpose: .marketing, language: "fr", title: "Bonjour", body: "C'est parti")
        try change(&message)
        return message
    }

    static func options(_ json: String) throws -> JSONObject {
        let options = try #require(try JSONValue(parsing: Array(json.utf8)).object)
        let errors = FieldErrors()
        APNsRules().checkOptions(options, at: "", errors: errors)
        #expect(errors.list == [])
        return options
    }

    static func request(_ adapter: APNsAdapter, _ message: Message) throws -> OutboundRequest {
        let prepared = adapter.prepare(message, to: Recipient(address: .apns(token: device)), now: now)
        guard case .request(let request) = prepared else {
            Issue.record("refused: \(prepared)")
            throw CancellationError()
        }
        return request
    }

    static func body(_ message: Message) throws -> String {
        try String(decoding: request(adapter(), message).body, as: UTF8.self)
    }

    @Test func `a message becomes one POST with Apple's headers`() throws {
        let message = try Self.message { $0.expiresAt = Self.now + .milliseconds(60_001) }
        let request = try Self.request(Self.adapter(), message)
        #expect(request.method == .POST)
        #expect(request.url == "https://api.push.apple.com/3/device/" + Self.device)
        let headers = Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name, $0.value) })
        #expect(headers["authorization"]?.hasPrefix("bearer ") == true)
        #expect(headers["apns-topic"] == "com.example.app")
        #expect(headers["apns-push-type"] == "alert")
        #expect(headers["apns-priority"] == "10")
        #expect(headers["apns-id"] == message.key.description)
        #expect(headers["apns-collapse-id"] == "cmp_12")
        #expect(headers["apns-expiration"] == "1800000061")
        #expect(headers.count == 7)
    }

    @Test func `the environment or an override gives the host, no time to live no expiration`() throws {
        let sandbox = try Self.request(Self.adapter(environment: .sandbox), Self.message())
        #expect(sandbox.url == "https://api.sandbox.push.apple.com/3/device/" + Self.device)
        let local = try Self.request(Self.adapter(baseURL: "https://127.0.0.1:9999"), Self.message())
        #expect(local.url == "https://127.0.0.1:9999/3/device/" + Self.device)
        #expect(!local.headers.contains { $0.name == "apns-expiration" })
    }

    @Test func `the payload is Apple's, with our keys beside it`() throws {
        #expect(try Self.body(Self.message()) == #"{"aps":{"alert":{"title":"Bonjour","body":"C'est parti"}}}"#)
        let full = try Self.message {
            $0.subtitle = "Ventes"
            $0.url = "https://shop.example/vp"
            $0.appURL = "shop://vp"
            $0.image = "https://shop.example/i.png"
            $0.data = [("sku", "1"), ("url", "replaced")]
            $0.options = try Self.options("""
                {"badge":0,"sound":{"critical":true,"name":"siren.caf","volume":0.5},"category":"SALE","thread_id":"vp",
                 "target_content_id":"w","filter_criteria":"f","interruption_level":"time-sensitive","relevance_score":1,
                 "launch_image":"l.png","priority":5}
                """)
        }
        #expect(try Self.body(full) == """
            {"aps":{"alert":{"title":"Bonjour","subtitle":"Ventes","body":"C'est parti","launch-image":"l.png"},"badge":0,\
            "sound":{"critical":1,"name":"siren.caf","volume":0.5},"category":"SALE","thread-id":"vp",\
            "target-content-id":"w","filter-criteria":"f","interruption-level":"time-sensitive","relevance-score":1.0,\
            "mutable-content":1},"sku":"1","url":"https://shop.example/vp","image":"https://shop.example/i.png",\
            "app_url":"shop://vp"}
            """)
        let request = try Self.request(Self.adapter(), full)
        #expect(request.headers.first { $0.name == "apns-priority" }?.value == "5")
    }

    @Test func `mutable content can be forced either way`() throws {
        let on = try Self.message { $0.options = try Self.options(#"{"mutable_content":true,"sound":"default"}"#) }
        #expect(try Self.body(on)
            == #"{"aps":{"alert":{"title":"Bonjour","body":"C'est parti"},"sound":"default","mutable-content":1}}"#)
        let off = try Self.message {
            $0.image = "https://shop.example/i.png"
            $0.options = try Self.options(#"{"mutable_content":false}"#)
        }
        #expect(try !Self.body(off).contains("mutable-content"))
    }

    @Test func `a background push shows nothing and has priority 5`() throws {
        let message = try Self.message {
            $0.options = try Self.options(#"{"background":true}"#)
            $0.data = [("sync", "1")]
        }
        let request = try Self.request(Self.adapter(), message)
        #expect(String(decoding: request.body, as: UTF8.self) == #"{"aps":{"content-available":1},"sync":"1"}"#)
        #expect(request.headers.first { $0.name == "apns-push-type" }?.value == "background")
        #expect(request.headers.first { $0.name == "apns-priority" }?.value == "5")
    }

    @Test func `the limit is 4096 bytes, to the byte`() throws {
        let adapter = try Self.adapter()
        let empty = try Self.request(adapter, Self.message { $0.body = "" }).body.count
        let fits = try Self.message { $0.body = String(repeating: "a", count: 4_096 - empty) }
        #expect(try Self.request(adapter, fits).body.count == 4_096)
        let over = try Self.message { $0.body = String(repeating: "a", count: 4_097 - empty) }
        guard case .refused(.payloadTooLarge, let detail) = adapter.prepare(
            over, to: Recipient(address: .apns(token: Self.device)), now: Self.now)
        else {
            Issue.record("not refused")
            return
        }
        #expect(detail == "4097 bytes; APNs takes 4096")
    }

    @Test func `what cannot be sent is refused with its reason`() throws {
        let adapter = try Self.adapter()
        func reason(_ message: Message, _ address: Address) -> Reason? {
            guard case .refused(let reason, _) = adapter.prepare(message, to: Recipient(address: address), now: Self.now)
            else { return nil }
            return reason
        }
        #expect(try reason(Self.message(), .fcm(token: "x")) == .subscriptionInvalid)
        #expect(try reason(Self.message(), .apns(token: "../../etc/passwd")) == .subscriptionInvalid)
        #expect(try reason(Self.message { $0.expiresAt = Self.now }, .apns(token: Self.device)) == .expired)
        #expect(try reason(Self.message { $0.data = [("aps", "x")] }, .apns(token: Self.device)) == .providerPermanent)
    }

    @Test func `a device token is hexadecimal and becomes lower case`() {
        let errors = FieldErrors()
        let rules = APNsRules()
        #expect(rules.address(from: .string(Self.device.uppercased()), at: "/address", errors: errors)
            == .apns(token: Self.device))
        #expect(errors.isEmpty)
        for text in ["", "abc", "0x" + Self.device, Self.device + "0", Self.device + "/a", String(repeating: "a", count: 514)] {
            #expect(rules.address(from: .string(text), at: "/address", errors: errors) == nil)
        }
        #expect(rules.address(from: 1, at: "/address", errors: errors) == nil)
        #expect(errors.list.count == 7 && errors.list.allSatisfy { $0.pointer == "/address" })
    }

    static let wrongOptions: [(json: String, pointer: String)] = [
        (#"{"badge":"1"}"#, "/badge"), (#"{"badge":-1}"#, "/badge"), (#"{"sound":1}"#, "/sound"),
        (#"{"sound":{"volume":1}}"#, "/sound/name"), (#"{"sound":{"name":"a","volume":2}}"#, "/sound/volume"),
        (#"{"interruption_level":"loud"}"#, "/interruption_level"), (#"{"relevance_score":2}"#, "/relevance_score"),
        (#"{"priority":7}"#, "/priority"), (#"{"priority":10,"background":true}"#, "/priority"),
        (#"{"badge":1,"background":true}"#, "/badge"), (#"{"thread-id":"a"}"#, "/thread-id"),
    ]

    @Test(arguments: wrongOptions) func `options of a wrong type are refused before launch`(json: String, pointer: String) throws {
        let errors = FieldErrors()
        APNsRules().checkOptions(
            try #require(try JSONValue(parsing: Array(json.utf8)).object), at: "", errors: errors)
        #expect(errors.list.map(\.pointer) == [pointer])
    }
}
