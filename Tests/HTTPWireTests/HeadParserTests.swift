import HTTPWire
import Testing

@Suite struct HeadParserTests {
    @Test(arguments: HeadCase.requestLines + HeadCase.fieldLines + HeadCase.hosts + HeadCase.framings)
    func `decides the same whole, byte by byte and cut anywhere`(_ test: HeadCase) {
        let bytes = test.bytes
        #expect(parse(bytes, cuts: []).status == test.status)
        #expect(parse(bytes, cuts: 0..<bytes.count).status == test.status)
        guard bytes.count < 1000 else { return }
        for cut in 0..<bytes.count {
            #expect(parse(bytes, cuts: [cut]).status == test.status, "cut at \(cut)")
        }
    }

    @Test(arguments: HeadCase.requestLines + HeadCase.fieldLines + HeadCase.hosts + HeadCase.framings)
    func `what follows a head does not change it`(_ test: HeadCase) {
        guard test.status == 0 else { return }
        guard case .head(_, let length) = parse(test.bytes + Array("\u{0}GET / x".utf8), cuts: []) else {
            Issue.record("no head")
            return
        }
        #expect(length == test.bytes.count)
    }

    @Test func `keeps fields in order, trimmed, with duplicates`() throws {
        let text = "GET /a HTTP/1.1\r\nHost: h\r\nX-A: \t one \t\r\nx-b:\r\nX-a:two\r\n\r\n"
        guard case .head(let head, _) = parse(Array(text.utf8), cuts: []) else {
            Issue.record("no head")
            return
        }
        #expect(head.fields.map { head.text($0.name) } == ["Host", "X-A", "x-b", "X-a"])
        #expect(head.values("x-a") == ["one", "two"])
        #expect(head.firstValue("x-b") == "")
        #expect(head.firstValue("x-c") == nil)
        #expect(head.text(head.targetRange) == "/a")
    }

    @Test func `reads a value that is not UTF-8 as ISO 8859-1`() {
        let test = HeadCase.fields("", "X-A: caf\u{E9}\r\n", 0)
        guard case .head(let head, _) = parse(test.bytes, cuts: []) else {
            Issue.record("no head")
            return
        }
        #expect(head.firstValue("x-a") == "café")
    }

    @Test(arguments: [
        ("", 1, true), ("Connection: close\r\n", 1, false), ("Connection: Keep-Alive, CLOSE\r\n", 1, false),
        ("Connection: closed\r\n", 1, true), ("", 0, false), ("Connection: keep-alive\r\n", 0, true),
        ("Connection: x\r\nConnection:\tclose \r\n", 1, false), ("Connection: keep-alive, close\r\n", 0, false),
    ])
    func `persists by version and Connection`(lines: String, minor: Int, keepsAlive: Bool) {
        let text = "GET / HTTP/1.\(minor)\r\nHost: h\r\n\(lines)\r\n"
        guard case .head(let head, _) = parse(Array(text.utf8), cuts: []) else {
            Issue.record("no head")
            return
        }
        #expect(head.keepsAlive == keepsAlive)
        #expect(head.minorVersion == minor)
    }

    @Test(arguments: [
        ("Content-Length: 5\r\nExpect: 100-Continue\r\n", 1, true), ("Content-Length: 5\r\n", 1, false),
        ("Content-Length: 5\r\nExpect: 100-continue\r\n", 0, false), ("Expect: 100-continue\r\n", 1, false),
    ])
    func `expects 100 only with a body to wait for`(lines: String, minor: Int, expects: Bool) {
        let text = "POST / HTTP/1.\(minor)\r\nHost: h\r\n\(lines)\r\n"
        guard case .head(let head, _) = parse(Array(text.utf8), cuts: []) else {
            Issue.record("no head")
            return
        }
        #expect(head.expectsContinue == expects)
    }

    @Test func `looks at each byte once, however small the pieces`() {
        // A head at its limit, one byte at a time: a parser that starts over would need 2·10⁹ steps.
        let line = "X-A: \(String(repeating: "b", count: 8000))\r\n"
        let test = HeadCase.fields("", String(repeating: line, count: 8), 0)
        var parser = HeadParser()
        var outcome = HeadParser.Outcome.incomplete
        for end in 1...test.bytes.count {
            outcome = parser.parse(test.bytes.span.extracting(0..<end))
            if outcome.status != -1 { break }
        }
        #expect(outcome.status == 0)
    }
}
