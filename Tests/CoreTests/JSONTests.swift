import Core
import Testing

/// The classes of JSONTestSuite (Seriot, "Parsing JSON is a Minefield"): what RFC 8259 accepts, what it refuses, and where it
/// leaves the choice to the parser, ours.
@Suite struct JSONTests {
    static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) -> Result<JSONValue, JSONError> {
        do throws(JSONError) {
            return .success(try JSONValue(parsing: bytes, limits: limits))
        } catch {
            return .failure(error)
        }
    }

    static let accepted: [(String, JSONValue)] = [
        ("null", nil), ("true", true), ("false", false), ("0", 0), ("-0", 0), ("-0.0", -0.0), ("42", 42), ("\"\"", ""),
        (" \t\n\r1 \t\n\r", 1), ("[]", []), ("[ ]", []), ("{}", [:]), ("{ }", [:]), ("[[]]", [[]]), ("[null,1,\"1\",{}]", [nil, 1, "1", [:]]),
        ("{\"\":0}", ["": 0]), ("{\"a\":1,\"b\":2}", ["a": 1, "b": 2]), ("{\"a\\u0000b\":1}", ["a\u{0}b": 1]),
        ("1.5", 1.5), ("-1.5e2", -150.0), ("1E+2", 100.0), ("1e-2", 0.01), ("0e0", 0.0), ("0.0", 0.0), ("20e1", 200.0), ("123.456e78", 123.456e78),
        ("1e-400", 0.0), ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
        ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{C}\n\r\t"), ("\"\\u0060\\u012a\\u12AB\"", "\u{60}\u{12A}\u{12AB}"),
        ("\"\\uD801\\udc37\"", "\u{10437}"), ("\"\\uDBFF\\uDFFE\"", "\u{10FFFE}"), ("\"\\uFFFF\"", "\u{FFFF}"), ("\"\u{7F}\"", "\u{7F}"),
        ("\"\u{2028}\u{2029}\"", "\u{2028}\u{2029}"), ("\"€𝄞\"", "€𝄞"), ("\"/*comment*/\"", "/*comment*/"), ("[1,\n1\n,\n1]", [1, 1, 1]),
    ]

    @Test(arguments: accepted) func `accepts`(text: String, value: JSONValue) {
        #expect(JSONTests.parse(Array(text.utf8)) == .success(value))
    }

    static let refused: [String] = [
        "", " ", "nul", "nulL", "True", "NaN", "Infinity", "-Infinity", "undefined", "'a'", "a",
        "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[,]", "[1 2]", "[1]]", "[1}", "[\"a\"", "[\"a", "[:1]", "[1:2]", "[}",
        "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{a:1}", "{1:1}", "{'a':1}", "{:1}", "{,}",
        "{\"a\":1,,}", "{\"a\"::1}", "{\"a\":1]", "{null:1}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{}#", "{}//", "{}/**/", "1 2", "1,", "[][]",
        "+1", "-", "--1", "01", "-01", "00", "1.", ".1", "-.1", "1.e1", "1e", "1e+", "1e1.5", "1E-", "0x1", "1_000", "1a", "1.5.5", "1ee1", "１",
        "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "1e400", "-1e400",
        "\"", "\"a", "\"\\", "\"\\\"", "\"\\x41\"", "\"\\a\"", "\"\\u\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\U0041\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
        "\"\\ud800\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\", "\"\\ud800\\u", "\"tab\there\"", "\"line\nfeed\"", "\"nul\u{0}\"", "\u{FEFF}1", "\u{A0}1", "1\u{A0}", "\u{C}1", "1\u{0}",
    ]

    @Test(arguments: refused) func `refuses`(text: String) {
        #expect(throws: JSONError.self) { try JSONTests.parse(Array(text.utf8)).get() }
    }

    @Test(arguments: [
        [0xFF], [0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xE0, 0x80, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
        [0x22, 0xC3, 0x22], [0x22, 0xE2, 0x82, 0x22], [0x22, 0x80, 0x22], [0xFE, 0xFF, 0x00, 0x31], [0x31, 0x00], [0x22, 0x5C, 0x75, 0x30, 0x30, 0x65, 0xE5, 0x22],
        [0x22, 0xC3, 0x5C, 0x6E, 0x22],
    ] as [[UInt8]]) func `refuses what is not UTF-8`(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONTests.parse(bytes).get() }
    }

    @Test func `bounds the depth and the number of values`() throws {
        func nested(_ levels: Int) -> [UInt8] { Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8) }
        #expect(throws: Never.self) { try JSONTests.parse(nested(32)).get() }
        #expect(throws: JSONError.self) { try JSONTests.parse(nested(33)).get() }
        #expect(throws: JSONError.self) { try JSONTests.parse(Array(repeating: UInt8(ascii: "["), count: 100_000)).get() }
        #expect(throws: JSONError.self) { try JSONTests.parse(Array(String(repeating: "{\"a\":", count: 100_000).utf8)).get() }
        let limits = JSONLimits(depth: 2, members: 3)
        #expect(throws: Never.self) { try JSONTests.parse(Array("[1,2,3]".utf8), limits: limits).get() }
        #expect(throws: JSONError.self) { try JSONTests.parse(Array("[1,2,3,4]".utf8), limits: limits).get() }
        #expect(throws: JSONError.self) { try JSONTests.parse(Array("{\"a\":1,\"b\":[2,3]}".utf8), limits: limits).get() }
    }

    @Test func `finds a repeated name among many`() {
        let names = (0..<100).map { "\"n\($0)\":1" }
        #expect(throws: Never.self) { try JSONTests.parse(Array("{\(names.joined(separator: ","))}".utf8)).get() }
        #expect(throws: JSONError.self) { try JSONTests.parse(Array("{\((names + ["\"n99\":1"]).joined(separator: ","))}".utf8)).get() }
        // Canonically equivalent names are different bytes, hence different names.
        #expect(throws: Never.self) { try JSONTests.parse(Array("{\"é\":1,\"e\u{301}\":2}".utf8)).get() }
    }

    @Test func `says where it stopped`() {
        func words(_ text: String) -> String? {
            if case .failure(let error) = JSONTests.parse(Array(text.utf8)) { error.description } else { nil }
        }
        #expect(words("[1,x]") == "unexpected character at byte 3")
        #expect(words("{\"a\":1,\"a\":2}") == "duplicate name \"a\" at byte 7")
        #expect(words("{\"\\n\":1,\"\\u000a\":2}") == "duplicate name \"\\n\" at byte 8")
        let long = String(repeating: "x", count: 9_000)
        #expect(words("{\"\(long)\":1,\"\(long)\":2}") == "duplicate name \"\(long.prefix(64))…\" at byte 9006")
    }

    @Test(arguments: accepted) func `writes what it reads`(text: String, value: JSONValue) throws {
        #expect(try JSONTests.parse(value.bytes).get() == value)
    }

    @Test func `writes compact text with the escapes that are needed`() {
        let value: JSONValue = ["a": [1, 1.5, nil, true], "q\"\\": "\n\t\r\u{0}\u{1F}\u{7F}/é€", "z": .double(.infinity)]
        #expect(value.text == #"{"a":[1,1.5,null,true],"q\"\\":"\n\t\r\u0000\u001f\u007f/é€","z":null}"#)
    }

    @Test func `every byte that needs an escape gets one, wherever it stands`() throws {
        for byte in UInt8(0)...0x7F {
            for (before, after) in [("", ""), ("seventeen letters", ""), ("", "seventeen letters"), ("€\"", "\\\n")] {
                let text = before + String(UnicodeScalar(byte)) + after
                let written = JSONValue.string(text).bytes
                #expect(try JSONTests.parse(written).get() == .string(text))
                #expect(written.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            }
        }
    }

    @Test func `an object that was written is the same as one of members`() throws {
        var writer = JSONObjectWriter(capacity: 16)
        writer.add("text", "a\"b")
        writer.add("none", nil as String?)
        writer.add("some", "x" as String?)
        writer.add("yes", true)
        writer.add("at", Timestamp(milliseconds: 1_500))
        writer.add("never", nil as Timestamp?)
        writer.add("list", ["a", "\n"])
        writer.add("empty", [String]())
        writer.add("data", [(name: "k\"ey", value: "v"), (name: "", value: "")])
        writer.add("value", JSONValue.array([1]))
        let written = JSONObject(written: writer.finish())
        let members: JSONObject = [
            "text": "a\"b", "none": nil, "some": "x", "yes": true, "at": "1970-01-01T00:00:01.500Z", "never": nil, "list": ["a", "\n"], "empty": [],
            "data": ["k\"ey": "v", "": ""], "value": [1],
        ]
        #expect(written == members)
        #expect(written.count == 10 && written["yes"] == true && written["absent"] == nil)
        #expect(JSONValue.object(written).bytes == JSONValue.object(members).bytes)
        #expect(JSONValue.array([.object(written), 1]).text == JSONValue.array([.object(members), 1]).text)
        var changed = written
        changed["yes"] = false
        #expect(changed["yes"] == false && changed["at"] == members["at"] && written["yes"] == true)
    }

    @Test func `an object reads, replaces, appends and removes by name`() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        object["c"] = 4
        object["b"] = nil
        object["x"] = nil
        #expect(object == ["a": 3, "c": 4])
        #expect(object["b"] == nil)
    }

    @Test func `random bytes never trap, and what is accepted survives a round trip`() throws {
        var random = SeededGenerator(state: 3)
        let pieces = Array("[]{}:,\"\\u0123456789abcdefD8.eE+-tfn rulsé\u{0}\n".utf8)
        let seed = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00\n",true,false,null,{"b":{}}],"c":"é"}"#.utf8)
        var accepted = 0
        for round in 0..<60_000 {
            var bytes: [UInt8]
            if round.isMultiple(of: 3) {
                bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }
            } else {
                bytes = seed
                for _ in 0..<Int.random(in: 1...2, using: &random) {
                    let at = Int.random(in: 0..<bytes.count, using: &random)
                    if Bool.random(using: &random) { bytes.remove(at: at) } else { bytes[at] = UInt8.random(in: 0...255, using: &random) }
                }
            }
            guard case .success(let value) = JSONTests.parse(bytes) else { continue }
            accepted += 1
            #expect(try JSONTests.parse(value.bytes).get() == value)
        }
        #expect(accepted > 1_000)
    }
}

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
