import HTTPWire
import Testing

@Suite struct ResponseHeadTests {
    @Test func `writes a status line and fields`() {
        var output: [UInt8] = []
        ResponseHead.appendStatusLine(404, to: &output)
        #expect(ResponseHead.appendField("content-type", "text/plain", to: &output))
        #expect(String(decoding: output, as: UTF8.self) == "HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\n")
    }

    @Test(arguments: [
        ("x", "a\r\nset-cookie: b"), ("x", "a\nb"), ("x", "a\rb"), ("x", "a\u{0}b"), ("x", "a\u{7F}"),
        ("x\r\ny", "a"), ("x y", "a"), ("x:", "a"), ("", "a"),
    ])
    func `refuses a field that could split the head`(name: String, value: String) {
        var output = Array("before".utf8)
        #expect(!ResponseHead.appendField(name, value, to: &output))
        #expect(output == Array("before".utf8))
    }

    @Test(arguments: [(0, "0"), (9, "9"), (10, "10"), (1_048_576, "1048576"), (UInt64.max, "18446744073709551615")])
    func `writes numbers in decimal`(value: UInt64, text: String) {
        var output: [UInt8] = []
        ResponseHead.append(decimal: value, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == text)
    }

    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (-5, "Thu, 01 Jan 1970 00:00:00 GMT"),
    ] as [(Int64, String)])
    func `writes dates`(seconds: Int64, text: String) {
        var output: [UInt8] = []
        HTTPDate.append(unixSeconds: seconds, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == text)
    }

    @Test(arguments: [(1, "1\r\n"), (15, "f\r\n"), (16, "10\r\n"), (4096, "1000\r\n")])
    func `a chunk starts with its size in hexadecimal and decodes to itself`(count: Int, start: String) {
        var output: [UInt8] = []
        let data = [UInt8](repeating: 0x61, count: count)
        ChunkedEncoder.append(data, to: &output)
        ChunkedEncoder.append([], to: &output)
        ChunkedEncoder.appendEnd(to: &output)
        #expect(String(decoding: output, as: UTF8.self).hasPrefix(start))
        var decoder = ChunkedDecoder(maxBodyBytes: 10_000)
        var decoded: [UInt8] = []
        #expect(decoder.decode(output.span, into: &decoded) == .complete(consumed: output.count))
        #expect(decoded == data)
    }
}
