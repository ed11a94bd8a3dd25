import Core
import Testing

/// JSON that some parser takes and another does not, or that is there to hurt: refused, and nothing is kept.
@Suite struct HostileBodyTests {
    struct Body: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]

        /// - Parameter text: each scalar up to U+00FF is one byte.
        init(_ name: String, _ text: String) {
            self.name = name
            bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        }

        var testDescription: String { name }
    }

    static let bodies: [Body] = [
        Body("nothing", ""), Body("white space", " \r\n\t"), Body("half an object", "{"), Body("half a string", "{\"a"),
        Body("half an escape", "{\"a\\"), Body("text after the end", "{}x"), Body("two documents", "{}{}"),
        Body("a closing brace too many", "{}}"), Body("a comma after the last member", "{\"a\":1,}"),
        Body("a comma before the first", "{,\"a\":1}"), Body("two commas", "{\"a\":1,,\"b\":2}"), Body("no colon", "{\"a\" 1}"),
        Body("two colons", "{\"a\"::1}"), Body("no value", "{\"a\":}"), Body("no name", "{:1}"), Body("a bare name", "{a:1}"),
        Body("single quotes", "{'a':1}"), Body("a comment", "{\"a\":1/*x*/}"), Body("a line comment", "{\"a\":1}//x"),
        Body("NaN", "{\"a\":NaN}"), Body("Infinity", "{\"a\":-Infinity}"), Body("1e999", "{\"a\":1e999}"),
        Body("a leading zero", "{\"a\":012}"), Body("a plus", "{\"a\":+1}"), Body("hexadecimal", "{\"a\":0x1}"),
        Body("a dot without digits", "{\"a\":1.}"), Body("digits without a whole", "{\"a\":.5}"), Body("a bare exponent", "{\"a\":1e}"),
        Body("a bare minus", "{\"a\":-}"), Body("a full-width digit", "{\"a\":\u{EF}\u{BC}\u{95}}"), Body("True", "{\"a\":True}"),
        Body("undefined", "{\"a\":undefined}"), Body("nul", "{\"a\":nul}"), Body("an unknown escape", "{\"a\":\"\\x41\"}"),
        Body("an escape of three digits", "{\"a\":\"\\u00e\"}"), Body("a signed escape", "{\"a\":\"\\u+041\"}"),
        Body("a lone high surrogate", "{\"a\":\"\\ud800\"}"), Body("a lone low surrogate", "{\"a\":\"\\udc00\"}"),
        Body("surrogates in the wrong order", "{\"a\":\"\\udc00\\ud800\"}"), Body("a raw line feed in a string", "{\"a\":\"x\ny\"}"),
        Body("a raw tab in a string", "{\"a\":\"x\ty\"}"), Body("a raw NUL in a string", "{\"a\":\"x\u{0}y\"}"),
        Body("an escaped NUL", "{\"locale\":\"a\\u0000b\"}"), Body("overlong UTF-8", "{\"a\":\"\u{C0}\u{AF}\"}"),
        Body("a surrogate in UTF-8", "{\"a\":\"\u{ED}\u{A0}\u{80}\"}"), Body("a cut sequence", "{\"a\":\"\u{E2}\u{82}\"}"),
        Body("a stray continuation", "{\"a\":\"\u{80}\"}"), Body("a byte that UTF-8 has not", "{\"a\":\"\u{FF}\"}"),
        Body("ISO 8859-1", "{\"a\":\"caf\u{E9}\"}"), Body("a byte order mark", "\u{EF}\u{BB}\u{BF}{}"),
        Body("UTF-16", "{\u{0}}\u{0}"), Body("a no-break space between", "{\u{C2}\u{A0}}"), Body("a form feed between", "{\u{C}}"),
        Body("one name twice", "{\"locale\":\"a\",\"locale\":\"b\"}"), Body("one name twice, once escaped", "{\"locale\":\"a\",\"l\\u006fcale\":\"b\"}"),
        Body("unknown fields", "{\"is_admin\":true,\"role\":\"owner\"}"), Body("a prototype", "{\"__proto__\":{\"a\":1}}"),
        Body("an array", "[]"), Body("a string", "\"a\""), Body("a number", "1"), Body("null", "null"),
        Body("ten thousand levels of arrays", String(repeating: "[", count: 10_000)),
        Body("ten thousand levels of objects", String(repeating: "{\"a\":", count: 10_000)),
        Body("ten thousand levels, closed", "{\"a\":" + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000) + "}"),
        Body("a number of fifty thousand digits", "{\"a\":" + String(repeating: "9", count: 50_000) + "}"),
        Body("thousands of names", "{" + String(repeating: "\"k\":1, ", count: 9_000) + "\"z\":1}"),
    ]

    @Test func `a body that is no clean JSON object is refused and changes nothing`() async throws {
        try await TestServer.run { server in
            for body in Self.bodies {
                let head = "PUT /v1/profiles/u1 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer \(server.key)\r\n"
                    + "content-type: application/json\r\ncontent-length: \(body.bytes.count)\r\n\r\n"
                let reply = try Reply(Loopback.exchange(Array(head.utf8) + body.bytes, port: server.port))
                #expect([400, 413, 422].contains(reply.status), "\(body.name): \(reply.status)")
                #expect(reply.header("content-type") == "application/problem+json", "\(body.name)")
            }
            #expect(try await server.send("GET", "/v1/profiles/u1").status == 404)
        }
    }
}
