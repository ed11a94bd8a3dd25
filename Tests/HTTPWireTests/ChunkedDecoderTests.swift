import HTTPWire
import Testing

@Suite struct ChunkedDecoderTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let bytes: [UInt8]
        /// The data, or nil for a refusal.
        let data: String?
        let status: Int

        init(_ name: String, _ text: String, _ data: String) {
            self.init(name, text, data, 0)
        }

        init(_ name: String, _ text: String, status: Int = 400) {
            self.init(name, text, nil, status)
        }

        private init(_ name: String, _ text: String, _ data: String?, _ status: Int) {
            self.name = name
            bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
            self.data = data
            self.status = status
        }

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case("one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello"),
        Case("two chunks", "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", "hello!"),
        Case("no data", "0\r\n\r\n", ""),
        Case("leading zeros and capitals", "0A\r\nhelloworld\r\n000\r\n\r\n", "helloworld"),
        Case("an extension", "5;a=b;c=\"d;\\\"e\"\r\nhello\r\n0;z\r\n\r\n", "hello"),
        Case("an extension in white space", "5 ; a = b\r\nhello\r\n0\r\n\r\n", "hello"),
        Case("a trailer", "5\r\nhello\r\n0\r\nX-A: b\r\nHost: evil\r\n\r\n", "hello"),
        Case("a plus", "+5\r\nhello\r\n0\r\n\r\n"),
        Case("a minus", "-5\r\nhello\r\n0\r\n\r\n"),
        Case("0x", "0x5\r\nhello\r\n0\r\n\r\n"),
        Case("an underscore", "0_5\r\nhello\r\n0\r\n\r\n"),
        Case("a NUL", "5\u{0}\r\nhello\r\n0\r\n\r\n"),
        Case("no size", "\r\nhello\r\n0\r\n\r\n"),
        Case("a space first", " 5\r\nhello\r\n0\r\n\r\n"),
        Case("a space last", "5 \r\nhello\r\n0\r\n\r\n"),
        Case("a bare line feed after the size", "5\nhello\r\n0\r\n\r\n"),
        Case("a carriage return and another byte", "5\rXhello\r\n0\r\n\r\n"),
        Case("any two bytes after the data", "5\r\nhelloXX0\r\n\r\n"),
        Case("no line end after the data", "5\r\nhello0\r\n\r\n"),
        Case("a bare line feed after the data", "5\r\nhello\n0\r\n\r\n"),
        Case("a bare line feed after the last size", "0\n\r\n"),
        Case("a bare line feed at the end", "0\r\n\n"),
        Case("a bare semicolon", "5;\r\nhello\r\n0\r\n\r\n"),
        Case("an extension without a name", "5;=a\r\nhello\r\n0\r\n\r\n"),
        Case("an extension without a value", "5;a=\r\nhello\r\n0\r\n\r\n"),
        Case("an extension that ends in white space", "5;a \r\nhello\r\n0\r\n\r\n"),
        Case("a line feed in an extension", "5;a=b\nhello\r\n0\r\n\r\n"),
        Case("a carriage return in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
        Case("a NUL in a quoted extension", "5;a=\"\u{0}\"\r\nhello\r\n0\r\n\r\n"),
        Case("a quote left open", "5;a=\"b\r\nhello\r\n0\r\n\r\n"),
        Case("text after a quote", "5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"),
        Case("seventeen digits", "10000000000000005\r\n"),
        Case("many zeros", String(repeating: "0", count: 17) + "5\r\nhello\r\n"),
        Case("a size beyond every limit", "FFFFFFFFFFFFFFFF\r\n", status: 413),
        Case("a size beyond the limit", "401\r\n", status: 413),
        Case("sizes that add up beyond it", "400\r\n\(String(repeating: "a", count: 1024))\r\n1\r\n", status: 413),
        Case("a long extension", "5;a=\(String(repeating: "b", count: 5000))\r\nhello\r\n0\r\n\r\n"),
        Case("many extensions", String(repeating: "1;abcdefgh=12345678\r\na\r\n", count: 300) + "0\r\n\r\n"),
        Case("many long sizes", String(repeating: "0000000000000001\r\na\r\n", count: 1000) + "0\r\n\r\n"),
        Case("a hundred trailers", "0\r\n\(String(repeating: "a:\r\n", count: 100))\r\n", ""),
        Case("a hundred and one", "0\r\n\(String(repeating: "a:\r\n", count: 101))\r\n", status: 431),
        Case("a trailer without a colon", "0\r\nbroken\r\n\r\n"),
        Case("a space before a trailer's colon", "0\r\nX-A : b\r\n\r\n"),
        Case("a trailer without a name", "0\r\n: b\r\n\r\n"),
        Case("a folded trailer", "0\r\nX-A: b\r\n c\r\n\r\n"),
        Case("a bare line feed in a trailer", "0\r\nX-A: b\n\r\n"),
        Case("a NUL in a trailer", "0\r\nX-A: \u{0}\r\n\r\n"),
        Case("a long trailer section", "0\r\n\(String(repeating: "X-A: b\r\n", count: 2000))\r\n", status: 431),
    ]

    /// Decodes in pieces that end at the cuts.
    private func decode(_ bytes: [UInt8], cuts: [Int]) -> (ChunkedDecoder.Outcome, data: [UInt8], used: Int) {
        var decoder = ChunkedDecoder(maxBodyBytes: 1024)
        var data: [UInt8] = []
        var start = 0
        for end in cuts + [bytes.count] {
            switch decoder.decode(bytes.span.extracting(start..<end), into: &data) {
            case .incomplete: start = end
            case .complete(let consumed): return (.complete(consumed: start + consumed), data, start + consumed)
            case .invalid(let refusal): return (.invalid(refusal), data, end)
            }
        }
        return (.incomplete, data, start)
    }

    @Test(arguments: cases)
    func `decides the same whole, byte by byte and cut anywhere`(_ test: Case) {
        let whole = [[]] + [Array(0..<test.bytes.count)]
        let cuts = test.bytes.count < 200 ? (0..<test.bytes.count).map { [$0] } : []
        for cuts in whole + cuts {
            let (outcome, data, _) = decode(test.bytes, cuts: cuts)
            if let expected = test.data {
                #expect(outcome == .complete(consumed: test.bytes.count))
                #expect(data == Array(expected.utf8))
            } else if case .invalid(let refusal) = outcome {
                #expect(refusal.status == test.status)
            } else {
                Issue.record("accepted: \(outcome)")
            }
        }
    }

    @Test func `leaves the next request alone`() {
        let body = Array("5\r\nhello\r\n0\r\n\r\n".utf8)
        let (outcome, _, _) = decode(body + Array("GET / HTTP/1.1\r\n".utf8), cuts: [])
        #expect(outcome == .complete(consumed: body.count))
    }

    @Test func `a body cut short is incomplete at every byte`() {
        let body = Array("5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n".utf8)
        for end in 0..<body.count {
            #expect(decode(Array(body[..<end]), cuts: []).0 == .incomplete)
        }
    }

    @Test func `takes single-byte chunks with short sizes`() {
        let bytes = Array((String(repeating: "1\r\na\r\n", count: 1024) + "0\r\n\r\n").utf8)
        #expect(decode(bytes, cuts: []).data.count == 1024)
    }
}
