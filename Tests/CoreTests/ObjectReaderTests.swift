import Core
import Testing

@Suite struct ObjectReaderTests {
    enum Colour: String, CaseIterable { case red, green }

    /// The macro cannot call what mutates the reader.
    func equal(_ holds: Bool, _ place: SourceLocation = #_sourceLocation) { #expect(holds, sourceLocation: place) }

    func read(_ object: JSONObject, at pointer: String = "", _ body: (inout ObjectReader) -> Void) -> [String] {
        let errors = FieldErrors()
        var reader = ObjectReader(object, at: pointer, errors: errors)
        body(&reader)
        reader.finish()
        return errors.list.map { "\($0.pointer) \($0.code)" }
    }

    @Test func `gives the values that are there and nil for those that are not`() {
        let time = Timestamp.seconds(0)
        let errors = read([
            "s": "x", "i": 3, "whole": 3.0, "n": 1.5, "b": true, "a": [1], "l": ["x", "y"], "o": [:], "t": "1970-01-01T00:00:00Z", "d": "P1D", "c": "green", "z": nil,
        ]) { reader in
            equal(reader.string("s") == "x")
            equal(reader.int("i", in: 0...3) == 3)
            equal(reader.int("whole", in: 0...3) == 3)
            equal(reader.number("n", in: 0...2) == 1.5)
            equal(reader.number("i", in: 0...3) == 3)
            equal(reader.bool("b") == true)
            equal(reader.array("a") == [1])
            equal(reader.strings("l") == ["x", "y"])
            equal(reader.reader("o") != nil)
            equal(reader.timestamp("t") == time)
            equal(reader.duration("d") == .seconds(86_400))
            equal(reader.choice("c", of: Colour.self) == .green)
            equal(reader.value("z") == .null)
            equal(reader.has("z"))
            equal(reader.string("absent") == nil)
            equal(reader.int("absent", in: 0...1) == nil)
            equal(reader.strings("absent") == nil)
            equal(reader.reader("absent") == nil)
            equal(reader.choice("absent", of: Colour.self) == nil)
        }
        #expect(errors == [])
    }

    @Test func `every wrong type, range and word is reported at its place`() {
        let errors = read([
            "s": 1, "long": "abcd", "nul": "a\u{0}", "i": 1.5, "far": 9, "n": "1", "nfar": 9, "b": 1, "a": [:], "many": [1, 2], "l": ["x", 1, ""], "o": [],
            "t": "now", "d": "1 day", "c": "blue", "e": "", "extra": 1,
        ], at: "/x") { reader in
            equal(reader.string("s") == nil)
            equal(reader.string("long", maxBytes: 3) == nil)
            equal(reader.string("nul") == nil)
            equal(reader.int("i", in: 0...3) == nil)
            equal(reader.int("far", in: 0...3) == nil)
            equal(reader.number("n", in: 0...3) == nil)
            equal(reader.number("nfar", in: 0...3) == nil)
            equal(reader.bool("b") == nil)
            equal(reader.array("a") == nil)
            equal(reader.array("many", maxCount: 1) == nil)
            equal(reader.strings("l") == nil)
            equal(reader.reader("o") == nil)
            equal(reader.timestamp("t") == nil)
            equal(reader.duration("d") == nil)
            equal(reader.choice("c", of: Colour.self) == nil)
            equal(reader.requiredString("e") == nil)
            equal(reader.requiredString("gone") == nil)
        }
        #expect(errors == [
            "/x/s wrong_type", "/x/long too_long", "/x/nul invalid_value", "/x/i wrong_type", "/x/far out_of_range", "/x/n wrong_type", "/x/nfar out_of_range",
            "/x/b wrong_type", "/x/a wrong_type", "/x/many too_many", "/x/l/1 wrong_type", "/x/o wrong_type", "/x/t invalid_value", "/x/d invalid_value",
            "/x/c invalid_value", "/x/e invalid_value", "/x/gone missing", "/x/extra unknown_field",
        ])
    }

    @Test func `names with slashes and tildes are escaped in pointers`() {
        #expect(read(["a/b~": 1]) { _ in } == ["/a~1b~0 unknown_field"])
        #expect(JSONPointer.join("", "") == "/")
        #expect(JSONPointer.join("/a", 3) == "/a/3")
    }

    @Test func `a hostile document does not make an endless answer`() throws {
        let object = JSONObject((0..<1_000).map { .init(name: "n\($0)", value: 1) })
        #expect(read(object) { _ in }.count == 50)
        let errors = FieldErrors()
        try errors.check()
        errors.add("/a", "c", "d")
        #expect(throws: InvalidInput("/a", "c", "d")) { try errors.check() }
    }

    @Test(arguments: [
        ("teir", ["tier", "time"], "tier"), ("valeu", ["value"], "value"), ("tiers", ["tier"], "tier"), ("x", ["y"], "y"), ("abcdef", ["uvwxyz"], nil),
        ("default_langage", ["default_language", "channels"], "default_language"), ("", ["a"], "a"), ("tier", [], nil), ("ab", ["ba"], "ba"),
        ("attr", ["attribute", "tag"], "attribute"), ("at", ["attribute"], nil), ("app", ["app_version", "app_id"], nil),
        (String(repeating: "a", count: 65), [String(repeating: "a", count: 65)], nil),
    ] as [(String, [String], String?)]) func `suggests the nearest word`(word: String, words: [String], wanted: String?) {
        #expect(Suggestion.nearest(to: word, among: words) == wanted)
        #expect(Suggestion.text(for: word, among: words) == (wanted.map { "; did you mean \"\($0)\"?" } ?? ""))
    }
}
