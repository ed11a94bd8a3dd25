import Core
import OpenSSL
import Testing

@testable import WebPush

@Suite struct WebPushRulesTests {
    static let origins: [(url: String, origin: String?)] = [
        ("https://fcm.googleapis.com/fcm/send/abc:def", "https://fcm.googleapis.com"),
        ("https://Web.Push.Apple.com/QAbc", "https://web.push.apple.com"),
        ("HTTPS://push.example:443/a", "https://push.example"),
        ("https://push.example:8443?x=1", "https://push.example:8443"),
        ("https://wns2-db5p.notify.windows.com/w/?token=a%2b", "https://wns2-db5p.notify.windows.com"),
        ("https://[2001:db8::1]:9443/a", "https://[2001:db8::1]:9443"),
        ("http://localhost:8765/wpush/v2/a", "http://localhost:8765"),
        ("http://127.0.0.1:80/a", "http://127.0.0.1"),
        ("http://push.example/a", nil),
        ("http://localhost.example/a", nil),
        ("ftp://push.example/a", nil),
        ("https://user@push.example/a", nil),
        ("https://push.example:/a", nil),
        ("https://push.example:0/a", nil),
        ("https://push.example:65536/a", nil),
        ("https://push.example:+1/a", nil),
        ("https:///a", nil),
        ("https://", nil),
        ("https://a b/", nil),
        ("https://push.example/a\r\nX: y", nil),
        ("https://push.example/é", nil),
        ("https://[::1", nil),
        ("https://a]:1/", nil),
        ("push.example/a", nil),
        ("", nil),
        ("https://push.example/" + String(repeating: "a", count: 2_048), nil),
    ]

    @Test(arguments: origins) func `the origin is read, or the endpoint refused`(url: String, origin: String?) {
        #expect(PushEndpoint(url)?.origin == origin)
        #expect(PushEndpoint(url).map(\.url) == (origin == nil ? nil : url))
    }

    static let point = WebPushEncryptionTests.receiverPoint
    static let secret = WebPushEncryptionTests.secret

    static func read(_ json: String) throws -> (Address?, [FieldError]) {
        let errors = FieldErrors()
        let address = try WebPushRules().address(
            from: JSONValue(parsing: Array(json.utf8)), at: "/address", errors: errors)
        return (address, errors.list)
    }

    @Test(arguments: [(point, secret), (point + "=", secret + "==")])
    func `takes what a browser gives`(p256dh: String, auth: String) throws {
        let (address, errors) = try Self.read("""
            {"endpoint":"https://push.example/a","expirationTime":null,"keys":{"p256dh":"\(p256dh)","auth":"\(auth)"}}
            """)
        #expect(errors == [])
        #expect(address == .webpush(endpoint: "https://push.example/a", p256dh: Self.point, auth: Self.secret))
    }

    @Test func `plain base64 of older client code is the same key`() throws {
        let bytes = try #require(Base64URL.decode(Self.point))
        let (address, _) = try Self.read("""
            {"endpoint":"https://push.example/a","keys":{"p256dh":"\(Base64.encode(bytes))","auth":"\(Self.secret)"}}
            """)
        #expect(address == .webpush(endpoint: "https://push.example/a", p256dh: Self.point, auth: Self.secret))
    }

    static let refusals: [(json: String, pointer: String)] = [
        (#""https://push.example/a""#, "/address"),
        (#"{"keys":{"p256dh":"\#(point)","auth":"\#(secret)"}}"#, "/address/endpoint"),
        (#"{"endpoint":"http://push.example/a","keys":{"p256dh":"\#(point)","auth":"\#(secret)"}}"#, "/address/endpoint"),
        (#"{"endpoint":"https://push.example/a"}"#, "/address/keys"),
        (#"{"endpoint":"https://push.example/a","keys":[]}"#, "/address/keys"),
        (#"{"endpoint":"https://push.example/a","keys":{"auth":"\#(secret)"}}"#, "/address/keys/p256dh"),
        (#"{"endpoint":"https://push.example/a","keys":{"p256dh":"\#(point)"}}"#, "/address/keys/auth"),
        (#"{"endpoint":"https://push.example/a","keys":{"p256dh":"\#(point)","auth":"AAAA"}}"#, "/address/keys/auth"),
        (#"{"endpoint":"https://push.example/a","keys":{"p256dh":"AAAA","auth":"\#(secret)"}}"#, "/address/keys/p256dh"),
        (#"{"endpoint":"https://push.example/a","keys":{"p256dh":"BAAA\#(point.dropFirst(4))","auth":"\#(secret)"}}"#,
         "/address/keys/p256dh"),
        (#"{"endpoint":"https://push.example/a","keys":{"p256dh":"\#(point)","auth":"\#(secret)","x":1}}"#, "/address/keys/x"),
        (#"{"endpoint":"https://push.example/a","kees":1,"keys":{"p256dh":"\#(point)","auth":"\#(secret)"}}"#, "/address/kees"),
    ]

    @Test(arguments: refusals) func `points at what is wrong`(json: String, pointer: String) throws {
        let (address, errors) = try Self.read(json)
        #expect(errors.map(\.pointer) == [pointer])
        #expect(address == nil || pointer.hasSuffix("x") || pointer.hasSuffix("kees"))
    }

    static let options: [(json: String, pointer: String)] = [
        (#"{"urgency":"urgent"}"#, "/urgency"),
        (#"{"app_badge":-1}"#, "/app_badge"),
        (#"{"app_badge":1.5}"#, "/app_badge"),
        (#"{"icon":"/relative.png"}"#, "/icon"),
        (#"{"badge":3}"#, "/badge"),
        (#"{"silent":"yes"}"#, "/silent"),
        (#"{"actions":[{"action":"a","title":"A"}]}"#, "/actions/0/navigate"),
        (#"{"actions":[{"action":"a","title":"A","navigate":"javascript:1"}]}"#, "/actions/0/navigate"),
        (#"{"actions":[{"action":"a","title":"","navigate":"https://a.example"}]}"#, "/actions/0/title"),
        (#"{"actions":[1]}"#, "/actions/0"),
        (#"{"sound":"ping"}"#, "/sound"),
    ]

    @Test(arguments: options) func `options of a wrong type are refused before launch`(json: String, pointer: String) throws {
        let errors = FieldErrors()
        let object = try #require(try JSONValue(parsing: Array(json.utf8)).object)
        WebPushRules().checkOptions(object, at: "", errors: errors)
        #expect(errors.list.map(\.pointer) == [pointer])
    }
}
