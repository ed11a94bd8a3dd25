/// Texts that RFC 8259 decides, and those it leaves to the parser, each with our decision. The classes are those of JSONTestSuite
/// (Seriot, "Parsing JSON is a Minefield"); the texts are our own.
enum JSONTextTable {
    /// Well-formed texts.
    static let accepted: [String] = structures + numbers + strings

    private static let structures: [String] = [
        "null", "true", "false", " null", "null ", "\tnull\n", "\r\n false \r\n", "[]", "[ ]", "[\n]", "\n[\t]\r", "{}", "{ }", "{\r\n}", " {\t} ",
        "[[]]", "[[],[]]", "[[[[[]]]]]", "[{}]", "[{},{}]", "{\"a\":{}}", "{\"a\":[]}", "{\"a\":{\"a\":{\"a\":null}}}", "[null]", "[true,false]",
        "[null,null,null]", "[\"\"]", "[0 ]", "[ 0]", "[ 0 , 1 ]", "[0\n,\n1]", "[1,\"1\",true,null,{},[]]", "{\"\":0}", "{\"\":\"\"}", "{\"a\":1}",
        "{\"a\" : 1}", "{ \"a\":1 , \"b\":2 }", "{\"a\":1,\"A\":1}", "{\"a\":1,\"b\":1}", "{\"a\":\"a\",\"b\":\"a\"}", "{\"a\\u0000\":1,\"a\":2}",
        "{\"\\u0061b\":1,\"ab\\u0000\":2}", "{\"é\":1,\"e\\u0301\":2}", "{\"\\\"\":1,\"\\\\\":2}", "{\"very long name, longer than eight bytes\":[1]}",
        "{\"x\":[{\"id\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}],\"id\":\"x\"}", "{\n\"a\":\n[\n1\n]\n}",
    ]

    private static let numbers: [String] = [
        "0", "-0", "1", "-1", "9", "10", "123", "-123", "[0]", "[-0]", "9223372036854775807", "-9223372036854775808", "0.0", "-0.0", "0.5", "-0.5",
        "1.0", "1.25", "3.141592653589793", "0e0", "0E0", "0e+0", "0e-1", "1e1", "1E1", "1e+1", "1e-1", "1E+22", "1E-22", "1.5e3", "-1.5E-3", "1e00",
        "1e007", "1.000000000000000000000000000000000000001", "0.000000000000000000000000000000000000000000000000000000000000000000000001",
        "-0.000000000000000000000000000000000000000000000000000000000000000000000000000001", "1.7976931348623157e308", "2.2250738585072014e-308", "5e-324", "4.35",
        "[1,-1,1.5,1e5]", "{\"n\":-1}",
    ]

    private static let strings: [String] = [
        "\"\"", "\" \"", "\"a\"", "\"asd \"", "[\"asd\"]", "\"\\\"\"", "\"\\\\\"", "\"\\/\"", "\"\\b\\f\\n\\r\\t\"", "\"\\\\n\"", "\"\\\\u0000\"", "\"\\\\a\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\u0012\"", "\"\\u0022\"", "\"\\u005C\"", "\"\\u005c\"", "\"\\u00e9\"", "\"\\u0821\"", "\"\\u20AC\"",
        "\"\\uABCD\\uabcd\"", "\"\\uD83D\\uDE00\"", "\"\\ud83d\\ude39\\ud83d\\udc8d\"", "\"\\uD800\\uDC00\"", "\"\\uDBFF\\uDFFF\"", "\"\\uD7FF\"", "\"\\uE000\"",
        "\"\\uFFFE\"", "\"\\uFFFF\"", "\"\\uFDD0\"", "\"\\uD83F\\uDFFE\"", "\"\\u200B\"", "\"\\u2064\"", "\"\\uFEFF\"", "\"\\u002c\"", "\"new\\u000Aline\"",
        "\"é\"", "\"€\"", "\"𝄞\"", "\"\u{7F}\"", "\"\u{80}\"", "\"\u{7FF}\"", "\"\u{800}\"", "\"\u{D7FF}\"", "\"\u{E000}\"", "\"\u{FFFD}\"", "\"\u{FFFE}\"",
        "\"\u{FFFF}\"", "\"\u{10000}\"", "\"\u{10FFFF}\"", "\"\u{1FFFE}\"", "\"\u{FDCF}\"", "\"\u{2028}\"", "\"\u{2029}\"", "\"a\u{FEFF}b\"", "\"π\"", "\"⍂㈴⍂\"",
        "\"/*no comment*/\"", "\"// no comment\"", "\"a/b\"", "\"{[,:]}\"", "\"'\"", "\"seven by\"", "\"eight byt\"", "\"abcdefgh\"", "\"abcdefgé\"",
        "\"abcdefg\\n\"", "\"abcdefgh\\n\"", "\"1234567\\\"890123456\"", "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxé\"",
    ]

    /// What is no JSON, whoever reads it.
    static let refused: [[UInt8]] = refusedTexts.map { Array($0.utf8) } + refusedBytes

    private static let refusedTexts: [String] = [
        // Nothing, or words that are none.
        "", " ", "\n", "nul", "tru", "fals", "n", "t", "f", "nulll", "truee", "True", "TRUE", "Null", "FALSE", "nan", "NaN", "-NaN", "Infinity", "+Infinity", "-Infinity", "inf",
        "undefined", "a", "é", "*", "_", "'", "'a'", "`a`", "[nul]", "[tru]", "[fals]", "[true false]", "[nan]", "[NaN]", "[Infinity]", "[-Infinity]", "<null>", "[<null>]", "<.>",
        // Arrays.
        "[", "]", "[[", "[]]", "]]", "[1", "[1,", "[1,]", "[1,,2]", "[1,,]", "[,]", "[,1]", "[,", "[\"\",]", "[\"\"", "[\"", "[\"a\",", "[\"a\"\n", "[1 2]", "[1 true]", "[\"a\" \"b\"]",
        "[3[4]]", "[1:2]", "[:1]", "[\"\": 1]", "[x", "[x]", "[1}", "[}", "[1)", "(1)", "[*]", "[1,*]", "[][]", "[] []", "[],", "[1],", "[1]x", "[\n", "[1,\n1\n,1", "[{}", "[[]", "[-]", "[a",
        "[\"x\"]]", "[1]]", "[;1]", "[1;2]", "[\\n]", "[\\u000A\"\"]", "[\u{A0}]", "[\u{2060}]", "[\u{C}]", "[\u{B}]", "[\u{85}1]", "[\u{2028}1]",
        // Objects.
        "{", "}", "{{", "{}}", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\":1,,}", "{\"a\":1,,\"b\":2}", "{,}", "{,\"a\":1}", "{\"a\" 1}", "{\"a\",1}",
        "{\"a\"}", "{\"a\":}", "{\"a\"::1}", "{\"a\":1:2}", "{\"a\":1 \"b\":2}", "{\"a\":1;\"b\":2}", "{\"a\"=1}", "{:1}", "{:}", "{a:1}", "{1:1}", "{9999E9999:1}", "{'a':1}", "{'a':'b'}",
        "{null:1}", "{true:1}", "{null:null}", "{[]:1}", "{{}:1}", "{[", "{]", "{\"a\":1]", "{\"a\":[1}", "{\"a\":a}", "{\"a\":'b'}", "{\"a\":/b/}", "{\"a\":1}#", "{\"a\":1}x", "{\"a\":1}//",
        "{\"a\":1}/**/", "{\"a\":/*c*/1}", "{\"a\":1,//c\n\"b\":2}", "/*c*/{}", "#c\n{}", "{}{}", "{} 1", "{\"a\":true} \"x\"", "{\"a\":\"b\",\"c\":\"d\"", "{\"a\":\"b\",c:\"d\"}", "{\"a\":\"b\",\"c\"}",
        "{\"a\":1 1}", "{x}", "{\"x\",null}", "{\"x\"::\"b\"}", "{🇨🇭}", "{\"a\":\"a\" 123}", "{\"id\":0,,,,,}", "{\"id\":0,}}",
        // Numbers.
        "+", "-", "+1", "++1", "--1", "-+1", "- 1", "-a", "-1x", "01", "00", "-01", "-00", "012", "0123.4", "1.", "-1.", "1.e", "1.e1", "0.", "0.e1", ".1", "-.1", ".", "-.", ".e1", ".5e1", "1..2", "1.2.3",
        "1e", "1E", "1e+", "1e-", "1eE2", "1ee2", "1e1.5", "1e1e1", "1e++1", "1e+-1", "0e", "0e+", "0E+", "0.3e", "0.3e+", "2.e3", "2.e+3", "2.e-3", "9.e+", "1 000", "1_000", "1,000", "1'000", "1e 1",
        "0x0", "0x42", "0X1F", "0b1", "0o7", "1a", "1f", "1L", "1n", "0a", "1.5a", "1e1a", "1+2", "1-2", "1/2", "\u{FF11}", "\u{0661}", "1\u{FF11}", "-\u{2212}1", "$1", "[1 000.0]", "[1.]", "[0.1.2]", "[+1]", "[-01]", "[.5]",
        "[1e]", "[1ea]", "[1eé]", "[-é]", "[0x1]", "{\"a\":01}", "{\"a\":1.}", "{\"a\":-}",
        // Strings.
        "\"", "\"a", "\"\\", "\"\\\"", "\"\\\\\\\"", "\"a\\", "\"a\"b", "\"a\"\"b\"", "a\"", "\\\"a\\\"", "\"\\a\"", "\"\\x\"", "\"\\x00\"", "\"\\0\"", "\"\\1\"", "\"\\'\"", "\"\\ \"", "\"\\\n\"", "\"\\é\"", "\"\\🌀\"",
        "\"\\e\"", "\"\\v\"", "\"\\N\"", "\"\\T\"", "\"\\U0041\"", "\"\\u\"", "\"\\u0\"", "\"\\u00\"", "\"\\u004\"", "\"\\u004", "\"\\u", "\"\\u00G0\"", "\"\\uZZZZ\"", "\"\\u 041\"", "\"\\u+041\"", "\"\\u-041\"",
        "\"\\u00é0\"", "\"\\u{41}\"", "\"\\uD83D\\uDE0\"", "\"\\uD83D\\u\"", "\"\\uD83D\\", "\"\\uD83D\\uDE0", "[\"\\uD800\\u1\"]", "[\"\\uD800\\u1x\"]", "\"tab\t\"", "\"line\n\"", "\"return\r\"", "\"\u{0}\"", "\"\u{1}\"", "\"\u{1F}\"",
        "\"abcdefgh\u{1F}\"", "\"abcdefg\n\"", "\"\u{8}abcdefgh\"", "{\"a\nb\":1}", "[\"a\u{0}a\"]", "\u{201C}a\u{201D}", "\"a\u{201D}",
        // Around the text.
        "1 2", "null null", "1,", ",1", ",", ":", "1:", "[]\u{0}", "\u{0}[]", "[]\u{1A}", "\u{C}[]", "[]\u{B}", "\u{A0}[]", "[]\u{A0}", "\u{2028}[]", "[]\u{3000}", "\u{200B}1", "<html></html>", "--\n[]", "%PDF", "{\"a\":1}{\"a\":1}\n",
    ]

    private static let refusedBytes: [[UInt8]] = [
        // No UTF-8 outside strings either.
        [0x80], [0xFF], [0xE5], [0xC3], [0xEF, 0xBB], [0x5B, 0xFF, 0x5D], [0x5B, 0x61, 0xE5, 0x5D], [0x5B, 0x31, 0xE5, 0x5D], [0x5B, 0x30, 0xE5, 0x5D], [0x5B, 0x31, 0x65, 0x31, 0xE5, 0x5D], [0x5B, 0x31, 0x2E, 0xE5, 0x5D],
        [0x5B, 0x2D, 0xE5, 0x5D], [0x7B, 0xE5, 0x7D], [0x7B, 0x22, 0xB9, 0x22, 0x3A, 0x22, 0x30, 0x22, 0x2C, 0x7D], [0x22, 0x5C, 0xE5, 0x22], [0x22, 0x5C, 0x75, 0xE5, 0x22], [0x22, 0x5C, 0x75, 0x30, 0x30, 0x30, 0xE5, 0x22],
    ]

    /// What a parser may take or not, with what we do and why.
    static let decided: [(bytes: [UInt8], isAccepted: Bool, reason: String)] = [
        // Numbers: what would lose its value is refused, what loses digits beyond a Double's is not.
        ("9223372036854775808", false, "an integer outside 64 bits would become another"), ("-9223372036854775809", false, "an integer outside 64 bits would become another"),
        ("100000000000000000000", false, "an integer outside 64 bits would become another"), ("18446744073709551615", false, "an integer outside 64 bits would become another"),
        ("18446744073709551617", false, "an integer that wraps to 1 would become another"), ("-123123123123123123123123123123", false, "an integer outside 64 bits would become another"),
        ("1e309", false, "infinity is no number"), ("-1e309", false, "infinity is no number"), ("1.5e+9999", false, "infinity is no number"), ("0.4e00669999999999999999999999999999999999999999999999", false, "infinity is no number"),
        ("1e99999999999999999999", false, "infinity is no number"), ("1e-400", true, "it is next to 0"), ("123e-10000000", true, "it is next to 0"), ("-1e-99999999999999999999", true, "it is next to 0"), ("0e99999999999999999999", true, "it is 0"),
        ("0.1234567890123456789012345678901234567890", true, "the nearest Double stands for it"), ("-0", true, "it is 0"),
        // Names.
        (#"{"a":1,"a":1}"#, false, "readers disagree which one counts"), (#"{"a":1,"a":2}"#, false, "readers disagree which one counts"), (#"{"a":1,"\u0061":2}"#, false, "an escape does not make another name"),
        (#"{"\u0061":1,"a":2}"#, false, "an escape does not make another name"), (#"{"\/":1,"/":2}"#, false, "an escape does not make another name"), (#"{"\ud83d\ude00":1,"😀":2}"#, false, "an escape does not make another name"),
        (#"{"":1,"":2}"#, false, "the empty name is one too"), (#"{"x":{"a":1,"b":2,"a":3}}"#, false, "at every depth"), (#"[{"a":1},{"a":1}]"#, true, "they are two objects"), (#"{"a":{"a":1}}"#, true, "they are two objects"),
        // Surrogates that pair with nothing name no character.
        (#""\ud800""#, false, "a lone surrogate"), (#""\udc00""#, false, "a lone surrogate"), (#""\uDFFF""#, false, "a lone surrogate"), (#""\ud800abc""#, false, "a lone surrogate"), (#""\ud800\n""#, false, "a lone surrogate"),
        (#""\ud800\ud800""#, false, "a lone surrogate"), (#""\ud800\ud800\udc00""#, false, "a lone surrogate"), (#""\udd1e\ud834""#, false, "surrogates the wrong way round"), (#""\ud800\u0041""#, false, "a lone surrogate"),
        (#""\uDBFF\uE000""#, false, "a lone surrogate"), (#"{"\uDFAA":0}"#, false, "a lone surrogate"),
        // Around the text.
        ("\u{FEFF}{}", false, "a byte order mark is no space (RFC 8259 section 8.1)"), ("\u{FEFF}", false, "a byte order mark alone is no text"),
        (String(repeating: "[", count: 32) + String(repeating: "]", count: 32), true, "the limit"), (String(repeating: "[", count: 33) + String(repeating: "]", count: 33), false, "deeper than the limit"),
        (String(repeating: "[", count: 500) + String(repeating: "]", count: 500), false, "deeper than the limit"), (String(repeating: "[", count: 100_000), false, "deeper than the limit"),
        (String(repeating: "[{\"\":", count: 50_000), false, "deeper than the limit"), (String(repeating: "{\"a\":", count: 100_000), false, "deeper than the limit"),
    ].map { (Array($0.0.utf8), $0.1, $0.2) } + undecidedBytes

    private static let undecidedBytes: [([UInt8], Bool, String)] = [
        ([0x22, 0xFF, 0x22], "no byte of UTF-8"), ([0x22, 0xFE, 0x22], "no byte of UTF-8"), ([0x22, 0xC0, 0x80, 0x22], "overlong"), ([0x22, 0xC0, 0xAF, 0x22], "overlong"), ([0x22, 0xC1, 0xBF, 0x22], "overlong"),
        ([0x22, 0xE0, 0x80, 0xAF, 0x22], "overlong"), ([0x22, 0xE0, 0x9F, 0xBF, 0x22], "overlong"), ([0x22, 0xF0, 0x80, 0x80, 0xAF, 0x22], "overlong"), ([0x22, 0xF0, 0x8F, 0xBF, 0xBF, 0x22], "overlong"),
        ([0x22, 0xFC, 0x83, 0xBF, 0xBF, 0xBF, 0xBF, 0x22], "overlong"), ([0x22, 0xF8, 0x88, 0x80, 0x80, 0x80, 0x22], "no byte of UTF-8"), ([0x22, 0xED, 0xA0, 0x80, 0x22], "a surrogate"), ([0x22, 0xED, 0xBF, 0xBF, 0x22], "a surrogate"),
        ([0x22, 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80, 0x22], "a surrogate pair as CESU-8"), ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], "above U+10FFFF"), ([0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], "above U+10FFFF"), ([0x22, 0xF7, 0xBF, 0xBF, 0xBF, 0x22], "above U+10FFFF"),
        ([0x22, 0x80, 0x22], "a continuation alone"), ([0x22, 0xBF, 0x22], "a continuation alone"), ([0x22, 0x61, 0x81, 0x22], "a continuation alone"), ([0x22, 0xC3, 0x22], "cut off"), ([0x22, 0xE2, 0x82, 0x22], "cut off"), ([0x22, 0xF0, 0x9D, 0x84, 0x22], "cut off"),
        ([0x22, 0xC3, 0x28, 0x22], "cut off"), ([0x22, 0xE2, 0x28, 0xA1, 0x22], "cut off"), ([0x22, 0xF0, 0x28, 0x8C, 0xBC, 0x22], "cut off"), ([0x22, 0xC3, 0x5C, 0x6E, 0x22], "cut off by an escape"), ([0x22, 0xE9, 0x22], "Latin-1"),
        ([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], "in a name"), ([0x22, 0x5C, 0x6E, 0xFF, 0x22], "beside an escape"), ([0x22] + Array(repeating: 0x61, count: 40) + [0xED, 0xA0, 0x80, 0x22], "after plain text"),
        ([0xFF, 0xFE, 0x5B, 0x00, 0x5D, 0x00], "UTF-16"), ([0xFE, 0xFF, 0x00, 0x5B, 0x00, 0x5D], "UTF-16"), ([0x5B, 0x00, 0x5D, 0x00], "UTF-16 without a mark"), ([0x00, 0x5B, 0x00, 0x5D], "UTF-16 without a mark"), ([0xEF, 0xBB, 0xBF, 0x7B, 0x7D], "a byte order mark"),
    ].map { ($0.0, false, $0.1) }
}
