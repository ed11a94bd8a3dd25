import HTTPWire
import Testing

@Suite struct RequestTargetTests {
    private func target(_ text: String) throws -> RequestTarget {
        let bytes = Array("GET \(text) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        guard case .head(let head, _) = parse(bytes, cuts: []) else { throw Refusal(400, "none", "") }
        return head.target
    }

    @Test(arguments: [
        ("/", []), ("/a", ["a"]), ("/a/", ["a", ""]), ("//a", ["", "a"]), ("/a/b%20c", ["a", "b c"]),
        ("/a%2Fb/c", ["a/b", "c"]), ("/caf%C3%A9", ["café"]), ("/+", ["+"]), ("http://h", []),
        ("http://h/x/y?z", ["x", "y"]), ("/a%25b", ["a%b"]), ("/...", ["..."]),
    ] as [(String, [String])])
    func `splits before it decodes`(text: String, segments: [String]) throws {
        #expect(try target(text).segments == segments)
    }

    @Test(arguments: ["/", "/a", "/a/", "//a", "//", "/a//b", "/v1/x.y", "/a:b@c/~;=,+!$&'()*"])
    func `a path without escapes reads as the one that was decoded`(text: String) throws {
        let plain = try target(text)
        let decoded = try target(text + "?")
        #expect(plain.path == decoded.path && plain.path == text)
        #expect(plain.segments == decoded.segments)
        #expect(plain.query.isEmpty && !plain.isAsterisk)
    }

    @Test(arguments: ["/.", "/..", "/a/./b", "/a/../b", "/a/..", "/.?x=1"])
    func `refuses segments that climb`(text: String) {
        #expect(throws: Refusal.self) { try target(text) }
    }

    @Test func `an escaped slash is a slash in the path alone`() throws {
        #expect(try target("/a%2Fb/c").path == "/a/b/c")
        #expect(try target("http://h").path == "/")
    }

    @Test(arguments: [
        ("/?a=1&b=2", "a=1;b=2"), ("/?", ""), ("/?a", "a="), ("/?=b", "=b"), ("/?a=b=c", "a=b=c"),
        ("/?a+b=c%2Bd", "a b=c+d"), ("/?&&a=1&", "a=1"), ("/?a=1&a=2", "a=1;a=2"), ("/?q=?/:@", "q=?/:@"),
        ("/?%26=%3D", "&=="),
    ])
    func `reads the pairs of a query`(text: String, pairs: String) throws {
        #expect(try target(text).query.map { "\($0.name)=\($0.value)" }.joined(separator: ";") == pairs)
    }
}
