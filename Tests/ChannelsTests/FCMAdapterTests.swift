import Core
import OpenSSL
import Testing

@testable import FCM

@Suite struct FCMAdapterTests {
    static let now = Timestamp.seconds(1_800_000_000)
    static let device = "cHx:APA91b-_x"
    static let key = Result { try RSA.SigningKey.generate() }

    static func serviceAccount() throws -> ServiceAccount {
        try ServiceAccount(
            projectID: "demo-project", clientEmail: "push@demo.iam.gserviceaccount.com", keyID: "kid-1", key: key.get(),
            tokenURL: "https://oauth2.googleapis.com/token")
    }

    static func adapter(baseURL: String? = nil) throws -> FCMAdapter {
        try FCMAdapter(
            account: Account(name: "android-main", channel: .fcm), serviceAccount: serviceAccount(), baseURL: baseURL)
    }

    static func ready(baseURL: String? = nil) throws -> FCMAdapter {
        let adapter = try adapter(baseURL: baseURL)
        _ = adapter.acceptCredential(FCMTokenTests.granted, now: now)
        return adapter
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
        FCMRules().checkOptions(options, at: "", errors: errors)
        #expect(errors.list == [])
        return options
    }

    static func request(_ adapter: FCMAdapter, _ message: Message) throws -> OutboundRequest {
        let prepared = adapter.prepare(message, to: Recipient(address: .fcm(token: device)), now: now)
        guard case .request(let request) = prepared else {
            Issue.record("refused: \(prepared)")
            throw CancellationError()
        }
        return request
    }

    @Test func `a message becomes one POST to the project`() throws {
        let message = try Self.message { $0.expiresAt = Self.now + .milliseconds(3_599_001) }
        let request = try Self.request(Self.ready(), message)
        #expect(request.method == .POST)
        #expect(request.url == "https://fcm.googleapis.com/v1/projects/demo-project/messages:send")
        #expect(request.headers.map(\.name) == ["Authorization", "Content-Type"])
        #expect(request.headers.map(\.value) == ["Bearer ya29.x", "application/json"])
        #expect(String(decoding: request.body, as: UTF8.self) == """
            {"message":{"token":"cHx:APA91b-_x","notification":{"title":"Bonjour","body":"C'est parti"},\
            "android":{"collapse_key":"cmp_12","priority":"HIGH","ttl":"3600s","notification":{"tag":"cmp_12"}}}}
            """)
        #expect(try Self.request(Self.ready(baseURL: "https://127.0.0.1:1"), message).url
            == "https://127.0.0.1:1/v1/projects/demo-project/messages:send")
    }

    @Test func `every option finds its place, and data holds strings only`() throws {
        let message = try Self.message {
            $0.url = "https://shop.example/vp"
            $0.appURL = "shop://vp"
            $0.image = "https://shop.example/i.png"
            $0.data = [("amount", "12"), ("url", "replaced")]
            $0.options = try Self.options("""
                {"priority":"normal","channel_id":"sales","icon":"ic","sound":"default","tag":"t","click_action":"A",
                 "ticker":"T","color":"#a1B2c3","notification_count":2,"visibility":"private","sticky":true,
                 "restricted_package_name":"com.example","analytics_label":"vp~1"}
                """)
        }
        #expect(String(decoding: try Self.request(Self.ready(), message).body, as: UTF8.self) == """
            {"message":{"token":"cHx:APA91b-_x","notification":{"title":"Bonjour","body":"C'est parti",\
            "image":"https://shop.example/i.png"},"data":{"amount":"12","url":"https://shop.example/vp","app_url":"shop://vp"},\
            "android":{"collapse_key":"cmp_12","priority":"NORMAL","ttl":"2419200s","restricted_package_name":"com.example",\
            "notification":{"tag":"t","channel_id":"sales","icon":"ic","sound":"default","click_action":"A","ticker":"T",\
            "color":"#a1B2c3","notification_count":2,"visibility":"PRIVATE","sticky":true}},\
            "fcm_options":{"analytics_label":"vp~1"}}}
            """)
    }

    @Test func `data only shows nothing by itself`() throws {
        let message = try Self.message {
            $0.data = [("sku", "1")]
            $0.options = try Self.options(#"{"data_only":true}"#)
        }
        #expect(String(decoding: try Self.request(Self.ready(), message).body, as: UTF8.self) == """
            {"message":{"token":"cHx:APA91b-_x","data":{"sku":"1","title":"Bonjour","body":"C'est parti"},\
            "android":{"collapse_key":"cmp_12","priority":"NORMAL","ttl":"2419200s"}}}
            """)
    }

    @Test func `the limit is 4096 bytes of names and values, to the byte`() throws {
        let adapter = try Self.ready()
        // "title" + "Bonjour" + "body", and "k" with a value of 10.
        let counted = 5 + 7 + 4 + 1 + 10
        func prepare(_ length: Int) throws -> PreparedMessage {
            adapter.prepare(
                try Self.message {
                    $0.body = String(repeating: "é", count: length / 2) + String(repeating: "a", count: length % 2)
                    $0.data = [("k", "0123456789")]
                }, to: Recipient(address: .fcm(token: Self.device)), now: Self.now)
        }
        guard case .request = try prepare(4_096 - counted) else {
            Issue.record("refused")
            return
        }
        guard case .refused(.payloadTooLarge, "4097 bytes; FCM takes 4096") = try prepare(4_097 - counted) else {
            Issue.record("not refused")
            return
        }
    }

    @Test func `what cannot be sent is refused with its reason`() throws {
        func reason(_ adapter: FCMAdapter, _ message: Message, _ address: Address = .fcm(token: Self.device)) -> Reason? {
            guard case .refused(let reason, _) = adapter.prepare(message, to: Recipient(address: address), now: Self.now)
            else { return nil }
            return reason
        }
        let ready = try Self.ready()
        #expect(try reason(Self.adapter(), Self.message()) == .providerConfig)
        #expect(try reason(ready, Self.message(), .apns(token: "ab")) == .subscriptionInvalid)
        #expect(try reason(ready, Self.message { $0.expiresAt = Self.now }) == .expired)
        for name in ["from", "message_type", "google.sent", "gcm.n"] {
            #expect(try reason(ready, Self.message { $0.data = [(name, "x")] }) == .providerPermanent)
        }
    }

    @Test func `a service account is read from its file`() throws {
        let pem = JSONValue.string(String(decoding: try Self.key.get().pem(), as: UTF8.self)).text
        let account = try ServiceAccount(json: Array("""
            {"type":"service_account","project_id":"p-1","private_key_id":"k","private_key":\(pem),"client_email":"a@b",
             "client_id":"1","auth_uri":"https://accounts.google.com/o/oauth2/auth","token_uri":"https://127.0.0.1:1/token"}
            """.utf8))
        #expect(account.projectID == "p-1" && account.tokenURL == "https://127.0.0.1:1/token")
        #expect(try account.key.publicKey.verifies(account.key.sign([1]), of: [1]))
    }

    static let wrongFiles: [(json: String, pointers: [String])] = [
        ("", [""]), ("[]", [""]),
        ("{}", ["/project_id", "/client_email", "/private_key_id", "/private_key"]),
        (#"{"type":"authorized_user","project_id":"p/../q","client_email":"a","private_key_id":"k","private_key":"x","token_uri":"file:///etc"}"#,
         ["/type", "/private_key", "/project_id", "/token_uri"]),
    ]

    @Test(arguments: wrongFiles) func `a wrong file is told all its problems`(json: String, pointers: [String]) {
        #expect { try ServiceAccount(json: Array(json.utf8)) } throws: { error in
            (error as? InvalidInput)?.errors.map(\.pointer) == pointers
        }
    }

    @Test func `a registration token is printable ASCII`() {
        let errors = FieldErrors()
        #expect(FCMRules().address(from: .string(Self.device), at: "/address", errors: errors) == .fcm(token: Self.device))
        #expect(errors.isEmpty)
        for value in ["", "a b", "é", "a\n", 1, .string(String(repeating: "a", count: 4_097))] as [JSONValue] {
            #expect(FCMRules().address(from: value, at: "/address", errors: errors) == nil)
        }
        #expect(errors.list.count == 6)
    }

    static let wrongOptions: [(json: String, pointer: String)] = [
        (#"{"priority":"urgent"}"#, "/priority"), (#"{"color":"red"}"#, "/color"), (##"{"color":"#12345g"}"##, "/color"),
        (#"{"visibility":"PRIVATE"}"#, "/visibility"), (#"{"notification_count":-1}"#, "/notification_count"),
        (#"{"analytics_label":"a b"}"#, "/analytics_label"), (#"{"sticky":1}"#, "/sticky"), (#"{"channel":"x"}"#, "/channel"),
    ]

    @Test(arguments: wrongOptions) func `options of a wrong type are refused before launch`(json: String, pointer: String) throws {
        let errors = FieldErrors()
        FCMRules().checkOptions(try #require(try JSONValue(parsing: Array(json.utf8)).object), at: "", errors: errors)
        #expect(errors.list.map(\.pointer) == [pointer])
    }
}
