import Core
import Testing

@Suite struct LogLineTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let value: String
        let written: String
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "a plain word", value: "req_1-2", written: "req_1-2"),
        Case(name: "nothing", value: "", written: #""""#),
        Case(name: "words", value: "two words", written: #""two words""#),
        Case(name: "a second field", value: "x level=error", written: #""x level=error""#),
        Case(name: "LF", value: "x\n2026-01-01T00:00:00.000Z info forged", written: #""x\n2026-01-01T00:00:00.000Z info forged""#),
        Case(name: "CR", value: "x\roverwritten", written: #""x\roverwritten""#),
        Case(name: "CRLF, one Character to Swift", value: "x\r\ny", written: #""x\r\ny""#),
        Case(name: "a quotation that ends early", value: #"" level=error x=""#, written: #""\" level=error x=\"""#),
        Case(name: "a backslash before the end", value: #"x\"#, written: #""x\\""#),
        Case(name: "colours", value: "\u{1B}[31mred", written: #""\u{1b}[31mred""#),
        Case(name: "the title of a terminal", value: "\u{1B}]0;owned\u{07}", written: #""\u{1b}]0;owned\u{7}""#),
        Case(name: "CSI of one character", value: "\u{9B}2J", written: #""\u{9b}2J""#),
        Case(name: "NEL", value: "a\u{85}b", written: #""a\u{85}b""#),
        Case(name: "line separator", value: "a\u{2028}b", written: #""a\u{2028}b""#),
        Case(name: "paragraph separator", value: "a\u{2029}b", written: #""a\u{2029}b""#),
        Case(name: "right to left override", value: "a\u{202E}b", written: #""a\u{202e}b""#),
        Case(name: "zero width and byte order", value: "a\u{200B}\u{FEFF}b", written: #""a\u{200b}\u{feff}b""#),
        Case(name: "NUL and DEL", value: "\u{0}\u{7F}", written: #""\u{0}\u{7f}""#),
        Case(name: "letters of the world stay", value: "Zoé 日本 🙂", written: #""Zoé 日本 🙂""#),
    ]

    @Test(arguments: cases) func `no value leaves its place`(_ hostile: Case) {
        let time = Timestamp(milliseconds: 1_750_000_000_500)
        let line = LogLine("event", [("a", hostile.value), ("b", "2")], level: "info", at: time).bytes
        #expect(String(decoding: line, as: UTF8.self) == "2025-06-15T15:06:40.500Z info event a=\(hostile.written) b=2\n")
        let inEvent = LogLine(hostile.value, level: "info", at: time).bytes
        #expect(String(decoding: inEvent, as: UTF8.self) == "2025-06-15T15:06:40.500Z info \(hostile.written)\n")
        let inName = LogLine("event", [(hostile.value, "1")], level: "info", at: time).bytes
        #expect(String(decoding: inName, as: UTF8.self) == "2025-06-15T15:06:40.500Z info event \(hostile.written)=1\n")
    }

    @Test(arguments: ["x", "\n", "\u{1B}", "\u{2028}", "é"]) func `a line fits into a pipe's atomic write, its quotations closed`(_ piece: String) {
        let long = String(repeating: piece, count: 5_000)
        let line = LogLine("event", (0..<9).map { ("f\($0)", long) }, level: "error", at: Timestamp(milliseconds: 0)).bytes
        #expect(line.count <= LogLine.maxBytes)
        #expect(line.last == 0x0A && line.count { $0 == 0x0A } == 1)
        let text = String(decoding: line, as: UTF8.self)
        #expect(!text.contains("\u{FFFD}"), "no character is cut")
        #expect(text.replacing(#"\""#, with: "").count { $0 == "\"" } % 2 == 0)
    }
}
