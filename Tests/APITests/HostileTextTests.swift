import API
import Core
import Testing

/// Texts that break programs: what is taken is read back byte for byte, what is not is a 4xx.
@Suite struct HostileTextTests {
    static let texts: [String] = {
        var texts = [
            "undefined", "null", "NULL", "nil", "None", "true", "0", "-0", "1e309", "NaN", "Infinity", "0x0", "1/0", "9223372036854775808", "１２３", "१२३", "1,000.00",
            "' OR '1'='1", "'; DROP TABLE profile;--", "1;ATTACH DATABASE '/tmp/x' AS x", "\" OR \"\"=\"", "') UNION SELECT 1,2,3--", "%", "_", "\\", "\\'", "a%b_c", "[a-z]", "*", "?1", ":name", "@x", "$1",
            "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "\"><svg/onload=alert(1)>", "&lt;&amp;&#x27;", "<!--", "]]>", "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>",
            "{{ profile.email }}", "{% if %}", "{{", "}}", "{%", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{7*7}}", "%s%s%n", "%d", "%x%x%x", "%@", "\\(x)",
            "../../etc/passwd", "..\\..\\boot.ini", "/dev/null", "file:///etc/passwd", "C:\\CON", "AUX", "COM1", "~", "$HOME", "`id`", "$(id)", "; ls", "| cat", "&& true", "> /tmp/x",
            "=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "a,b", "a;b", "\"a\"", "a\"b", "a\nb", "a\r\nb", "\n", "\r", "\t", " ", "  a  ", "\u{7F}", "\u{1B}[31m", "\u{08}", "\u{0B}", "\u{0C}", "\u{01}", "\u{1F}",
            "é", "e\u{301}", "Å", "A\u{30A}", "Å", "ﬀ", "ß", "ẞ", "İ", "ı", "ς", "Ω", "Ω", "ǆ", "ａ", "Ⅷ", "①", "½", "㎏",
            "日本語", "田中さんにあげて下さい", "한국어", "العربية", "עברית", "ไทย", "हिन्दी", "Ελληνικά", "кириллица", "ქართული", "አማርኛ", "𠜎𠜱", "𝒳𝓎", "𐍈",
            "😀", "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏿", "🇫🇷", "❤️", "1️⃣", "🫠", "\u{1F468}\u{200D}", "\u{FE0F}", "🇫", "👨\u{200D}\u{200D}👩",
            "\u{200B}", "\u{200C}", "\u{200D}", "\u{200E}", "\u{200F}", "\u{202A}", "\u{202E}abc", "\u{2066}x\u{2069}", "\u{FEFF}", "\u{FEFF}a", "\u{2028}", "\u{2029}", "\u{00A0}", "\u{3000}", "\u{2003}", "\u{00AD}", "\u{061C}", "\u{180E}", "\u{0085}", "\u{E000}", "\u{F8FF}", "\u{FFFD}", "\u{FFFE}", "\u{FFFF}", "\u{10FFFF}", "\u{1FFFE}", "\u{E0001}",
            "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞", "ﷺ", "𒐫", "꧅", "ˆ˜", "˙ɐ", "ᚠᛇᚻ", "⠓⠑", "‰", "№", "℡", "℃", "∀x∈ℝ", "„“", "‚‘", "—", "…",
            "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "__class__", "length", "id", "rowid", "state", "and", "or", "not",
            "data:text/html,x", "http://127.0.0.1/", "http://[::1]/", "https://a@b", "mailto:a@b", "tel:+33", "xn--nxasmq6b", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "Set-Cookie: a=b", "clr_1_abcdef", "Bearer x", "CN=a,O=b", "*)(uid=*))(|(uid=*",
            "\\u0000", "\\uD800", "\\x00", "\\n", "\\\"", "\\/", "\"}", "[]", "{}", "{\"a\":1}", "//", "/*", "*/", "--", "#", "<<<", "EOF",
        ]
        texts += (0..<10).map { String(repeating: ["a", "é", "😀", "\u{301}", "%", "'", "\"", "\\", "{{", "\u{202E}"][$0], count: 60) }
        return texts
    }()

    @Test func `there are enough of them`() { #expect(HostileTextTests.texts.count >= 200, "\(HostileTextTests.texts.count)") }

    @Test func `attributes, tags and their names come back as they were`() async throws {
        try await CampaignServer.run { server in
            for (index, text) in HostileTextTests.texts.enumerated() {
                let quoted = JSONValue.string(text).text
                let body = #"{"attributes":{"v":\#(quoted),"l":[\#(quoted),{"k":\#(quoted)}]},"tags":[\#(quoted)]}"#
                let reply = try await server.send("PUT", "/v1/profiles/u\(index)", body)
                guard text.utf8.count <= 128 else {
                    #expect(reply.status == 422 && reply.pointers == ["/tags/0"], "\(quoted): \(reply.text)")
                    continue
                }
                #expect(reply.status == 201, "\(quoted): \(reply.text)")
                let read = try await server.send("GET", "/v1/profiles/u\(index)").json
                #expect(same(read["attributes"]?["v"], text) && same(read["tags"]?.array?.first, text), "\(quoted)")
                #expect(same(read["attributes"]?["l"]?.array?.first, text) && same(read["attributes"]?["l"]?.array?.last?["k"], text), "\(quoted)")

                let named = try await server.send("PUT", "/v1/profiles/n\(index)", #"{"attributes":{\#(quoted):1}}"#)
                let isControl = text.utf8.contains { $0 < 0x20 }
                #expect(isControl ? named.status == 422 : named.status == 201, "\(quoted): \(named.text)")
                if named.status == 201 {
                    let name = try await server.send("GET", "/v1/profiles/n\(index)").json["attributes"]?.object?.members.first?.name
                    #expect(name.map { Array($0.utf8) } == Array(text.utf8), "\(quoted)")
                }
            }
        }
    }

    @Test func `names, values of segments and texts of campaigns are kept or refused`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.send("PUT", "/v1/profiles/u1", #"{"attributes":{"v":"x"}}"#)
            for text in HostileTextTests.texts {
                let quoted = JSONValue.string(text).text
                let condition = #"{"or":[{"attribute":\#(quoted),"op":"eq","value":\#(quoted)},{"tag":\#(quoted)},{"attribute":"v","op":"starts_with","value":\#(quoted)},{"event":\#(quoted)}]}"#
                let segment = try await server.send("POST", "/v1/segments", #"{"name":\#(quoted),"condition":\#(condition)}"#)
                #expect(segment.status == 201 || (400...499).contains(segment.status), "\(quoted): \(segment.text)")
                if segment.status == 201, let id = segment.json["id"]?.string {
                    let read = try await server.send("GET", "/v1/segments/\(id)").json
                    #expect(same(read["name"], text) && same(read["condition"]?["or"]?.array?.first?["value"], text), "\(quoted)")
                    #expect(try await server.send("GET", "/v1/segments/\(id)/members").status == 200, "\(quoted)")
                    #expect(try await server.send("POST", "/v1/segments/estimate", #"{"condition":\#(condition)}"#).status == 200, "\(quoted)")
                }
                let campaign = try await server.send(
                    "POST", "/v1/campaigns", #"{"name":\#(quoted),"content":{"default_language":"fr","fr":{"body":\#(quoted)}}}"#)
                #expect(campaign.status == 201 || (400...499).contains(campaign.status), "\(quoted): \(campaign.text)")
                if campaign.status == 201, let id = campaign.json["id"]?.string {
                    let read = try await server.send("GET", "/v1/campaigns/\(id)").json
                    #expect(same(read["name"], text) && same(read["content"]?["fr"]?["body"], text), "\(quoted)")
                }
            }
        }
    }

    @Test func `a value that is named a thousand times is still one`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.send("PUT", "/v1/profiles/u1", #"{"attributes":{"v":true}}"#)
            for value in ["true", "false,true", #""a",true"#, "1,true"] {
                let values = Array(repeating: value, count: 1_000 / value.split(separator: ",").count).joined(separator: ",")
                let reply = try await server.send("POST", "/v1/segments/estimate", #"{"condition":{"attribute":"v","op":"in","value":[\#(values)]}}"#)
                #expect(reply.status == 200 && reply.json["profiles"] == 1, "\(value): \(reply.text.prefix(200))")
            }
        }
    }

    /// Byte for byte: Swift takes composed and decomposed letters for the same text.
    private func same(_ value: JSONValue?, _ text: String) -> Bool { value?.string.map { Array($0.utf8) } == Array(text.utf8) }
}
