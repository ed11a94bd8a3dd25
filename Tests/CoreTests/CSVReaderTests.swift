import Core
import Testing

/// The reader by a table of texts: whole, byte by byte, and cut at every offset.
@Suite struct CSVReaderTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let text: [UInt8]
        let items: [CSVItem]
        var testDescription: String { name }

        init(_ name: String, _ text: String, _ items: [CSVItem]) { self.init(name, Array(text.utf8), items) }

        init(_ name: String, _ text: [UInt8], _ items: [CSVItem]) {
            (self.name, self.text, self.items) = (name, text, items)
        }
    }

    private static func row(_ line: Int64, _ fields: String...) -> CSVItem { .record(CSVRecord(line: line, fields: fields)) }

    private static func quoteInside(_ line: Int64, on: Int64) -> CSVItem {
        .broken(CSVProblem(line: line, .invalidCSV, "a quote stands inside a field without quotes on line \(on): put the field in quotes and double the quotes inside"))
    }

    private static func textAfter(_ line: Int64, on: Int64) -> CSVItem {
        .broken(CSVProblem(line: line, .invalidCSV, "text follows the quote that ends a field on line \(on): double the quotes inside a field in quotes"))
    }

    private static func bareCR(_ line: Int64, on: Int64) -> CSVItem {
        .broken(CSVProblem(line: line, .invalidCSV, "a CR without LF stands on line \(on): lines must end in CR LF or LF"))
    }

    private static func unclosed(_ line: Int64) -> CSVItem {
        .broken(CSVProblem(line: line, .invalidCSV, "the field in quotes that begins in this record is never closed"))
    }

    private static func width(_ line: Int64, _ count: Int, _ wanted: Int) -> CSVItem {
        .refused(CSVProblem(line: line, .wrongFieldCount, "has \(count) fields, the first record has \(wanted)"))
    }

    private static func notUTF8(_ line: Int64, _ field: Int) -> CSVItem {
        .refused(CSVProblem(line: line, .invalidUTF8, "is not valid UTF-8: save the file as CSV UTF-8", field: field))
    }

    private static func tooLong(_ line: Int64) -> CSVItem { .refused(CSVProblem(line: line, .tooLong, "is longer than 24 bytes")) }

    static let sound = [
        Case("nothing", "", []),
        Case("one record", "a,b,c", [row(1, "a", "b", "c")]),
        Case("CRLF", "a,b\r\nc,d\r\n", [row(1, "a", "b"), row(2, "c", "d")]),
        Case("LF, the last without", "a,b\nc,d", [row(1, "a", "b"), row(2, "c", "d")]),
        Case("both line ends", "a\nb\r\nc\n", [row(1, "a"), row(2, "b"), row(3, "c")]),
        Case("empty fields", ",\n,,\n", [row(1, "", ""), width(2, 3, 2)]),
        Case("an empty field at the end of the text", "a,b\nc,", [row(1, "a", "b"), row(2, "c", "")]),
        Case("quotes around fields", "\"a\",\"b\"\r\n\"c\",d\r\n", [row(1, "a", "b"), row(2, "c", "d")]),
        Case("commas, quotes and line ends in quotes", "\"a,b\",\"c\"\"d\",\"e\r\nf\ng\"\nh,i,j\n", [row(1, "a,b", "c\"d", "e\r\nf\ng"), row(4, "h", "i", "j")]),
        Case("a CR alone in quotes", "\"a\rb\"\nc", [row(1, "a\rb"), row(2, "c")]),
        Case("quotes and nothing else", "\"\"\n\"\"\"\"\n\"\"\"\"\"\"", [row(1, ""), row(2, "\""), row(3, "\"\"")]),
        Case("the last field in quotes", "a,\"b\"", [row(1, "a", "b")]),
        Case("lines with nothing in them", "\n\r\na\n\n\r\nb\n\n", [row(3, "a"), row(6, "b")]),
        Case("spaces belong to fields", " a , b\n\"c\",  \n", [row(1, " a ", " b"), row(2, "c", "  ")]),
        Case("a byte order mark", "\u{FEFF}a\nb", [row(1, "a"), row(2, "b")]),
        Case("a byte order mark before a quote", "\u{FEFF}\"a\"\n", [row(1, "a")]),
        Case("a byte order mark alone", "\u{FEFF}", []),
        Case("a second byte order mark is text", "\u{FEFF}\u{FEFF}a", [row(1, "\u{FEFF}a")]),
        Case("characters of two to four bytes", "é,語,🎉\n\"é\",\"語\",\"🎉\"", [row(1, "é", "語", "🎉"), row(2, "é", "語", "🎉")]),
        Case("NUL and tabs are text", "a\u{0}b\tc", [row(1, "a\u{0}b\tc")]),
    ]

    static let unsound = [
        Case("too few and too many fields", "a,b\nc\nd,e,f\ng,h\n", [row(1, "a", "b"), width(2, 1, 2), width(3, 3, 2), row(4, "g", "h")]),
        Case("a quote inside a field", "a\nb\"c\nd\n", [row(1, "a"), quoteInside(2, on: 2)]),
        Case("a quote at the end of a field", "a\"", [quoteInside(1, on: 1)]),
        Case("a quote after a space", "a, \"b\"\nc,d", [quoteInside(1, on: 1)]),
        Case("text after a quote", "\"a\"b\nc", [textAfter(1, on: 1)]),
        Case("a space after a quote", "a\n\"b\" \nc", [row(1, "a"), textAfter(2, on: 2)]),
        Case("a quote that is closed lines later", "a\n\"b\nc\nd\"e\nf", [row(1, "a"), textAfter(2, on: 4)]),
        Case("a field that is never closed", "a\n\"b\nc\n", [row(1, "a"), unclosed(2)]),
        Case("a quote at the very end", "a,\"", [unclosed(1)]),
        Case("a doubled quote at the very end", "\"a\"\"", [unclosed(1)]),
        Case("CR alone", "a\rb\n", [bareCR(1, on: 1)]),
        Case("CR at the very start", "\ra\n", [bareCR(1, on: 1)]),
        Case("CR twice", "a\nb\r\r\n", [row(1, "a"), bareCR(2, on: 2)]),
        Case("CR after a quote", "\"a\nb\"\rc", [bareCR(1, on: 2)]),
        Case("CR at the end", "a\n\r", [row(1, "a"), .broken(CSVProblem(line: 2, .invalidCSV, "a CR without LF stands at the end: lines must end in CR LF or LF"))]),
        Case("no UTF-8", [0x61, 0x2C, 0xFF, 0x0A, 0x62, 0x2C, 0x63], [notUTF8(1, 1), row(2, "b", "c")]),
        Case("a character cut in two by a comma", [0xC3, 0x2C, 0xA9], [notUTF8(1, 0)]),
        Case("half a byte order mark", [0xEF, 0xBB], [notUTF8(1, 0)]),
        Case("half a byte order mark, then more", [0xEF, 0xBB, 0x2C, 0x61, 0x0A, 0x62, 0x2C, 0x63], [notUTF8(1, 0), row(2, "b", "c")]),
        Case("UTF-16", [0xFF, 0xFE, 0x61, 0x00], [notUTF8(1, 0)]),
        Case("as long as a record may be", String(repeating: "x", count: 24) + "\r\ny\n", [row(1, String(repeating: "x", count: 24)), row(2, "y")]),
        Case("longer than a record may be", "a\n" + String(repeating: "x", count: 25) + "\nb", [row(1, "a"), tooLong(2), row(3, "b")]),
        Case("quotes and commas count", "a,b\n\"" + String(repeating: "x", count: 22) + "\",\nc,d", [row(1, "a", "b"), tooLong(2), row(3, "c", "d")]),
        Case("too long in quotes, over lines", "a,b\n\"" + String(repeating: "x\n", count: 20) + "\"\"\",y\nb,c", [row(1, "a", "b"), tooLong(2), row(23, "b", "c")]),
        Case("too long and never closed", "\"" + String(repeating: "x", count: 100), [unclosed(1)]),
        Case("more fields than the first may have", ",,,,,,,,\na", [.broken(CSVProblem(line: 1, .wrongFieldCount, "has 9 fields, at most 8 are taken"))]),
        Case("more fields than the first may have, too long", String(repeating: ",", count: 30), [.broken(CSVProblem(line: 1, .wrongFieldCount, "has 31 fields, at most 8 are taken"))]),
        Case("more fields than the first may have, and a CR", ",,,,,,,,\r\na", [.broken(CSVProblem(line: 1, .wrongFieldCount, "has 9 fields, at most 8 are taken"))]),
    ]

    private static func read(_ pieces: [ArraySlice<UInt8>]) -> [CSVItem] {
        var reader = CSVReader(maxRecordBytes: 24, maxFields: 8)
        var items = pieces.flatMap { reader.read(Array($0)) }
        if let last = reader.finish() { items.append(last) }
        return items
    }

    @Test(arguments: sound + unsound) func `gives the same items however the text is cut`(_ sample: Case) {
        #expect(Self.read([sample.text[...]]) == sample.items)
        #expect(Self.read(sample.text.indices.map { sample.text[$0...$0] }) == sample.items)
        for cut in sample.text.indices where Self.read([sample.text[..<cut], sample.text[cut...]]) != sample.items {
            Issue.record("cut at \(cut)")
        }
    }

    @Test func `a record that is too long is not kept`() {
        var reader = CSVReader(maxRecordBytes: 1_000)
        #expect(reader.read(Array("a,b\n\"".utf8)).count == 1)
        for _ in 0..<1_000 { #expect(reader.read([UInt8](repeating: 0x2C, count: 1_000)).isEmpty) }
        #expect(reader.read(Array("\",b\nc,d\n".utf8)) == [
            .refused(CSVProblem(line: 2, .tooLong, "is longer than 1000 bytes")), .record(CSVRecord(line: 3, fields: ["c", "d"])),
        ])
    }
}
