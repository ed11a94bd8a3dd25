import Content
import Core
import Testing

@Suite struct TemplateTests {
    static let variables = Variables(
        profile: .init(externalID: "u1", language: "fr", country: "FR", timezone: "Europe/Paris", tags: ["vip", "été"], attributes: [
            "first_name": "zoé", "points": 120, "amount": 39.9, "isVip": true, "never": false, "gone": nil, "empty": "", "csv": "12",
            "born": "1985-04-03", "renewal": "2026-03-01T23:05:09.25+02:00", "address": ["city": "Lyon", "zip code": "69001"],
            "sizes": ["M", 40], "spaced": "  a b \n", "prénom": "Zoé", "family": "👨‍👩‍👧 Martin",
        ]),
        subscription: .init(channel: .apns, language: "fr-CA", appVersion: "5.2"),
        campaign: .init(id: "cmp_1", name: "Ventes privées"))

    static func render(_ source: String, url: String? = "https://shop.example/vp") -> String {
        do {
            return switch try Template(source).render(variables, url: url) {
            case .text(let text): text
            case .missing(let name): "<missing \(name)>"
            case .tooLarge: "<too large>"
            }
        } catch {
            return "<\(error)>"
        }
    }

    static let rendered: [(String, String)] = [
        ("", ""),
        ("plain { text } }} %}", "plain { text } }} %}"),
        ("Bonjour {{ profile.first_name | capitalize }} !", "Bonjour Zoé !"),
        ("{{profile.first_name}}{{profile.points}}", "zoé120"),
        ("{{ profile.nick | default: 'vous' }}", "vous"),
        ("{{ profile.nick | upcase | default: \"you\" }}", "you"),
        ("{{ profile.nick | default: profile.first_name }}", "zoé"),
        ("{{ profile.empty | default: 'x' }}{{ profile.never | default: 'y' }}{{ profile.gone | default: 'z' }}", "xyz"),
        ("{{ profile.nick }}", "<missing profile.nick>"),
        ("{{ profile.gone }}", "<missing profile.gone>"),
        ("{{ profile.nick | append: 'x' }}", "<missing profile.nick>"),
        ("{{ 'x' | append: profile.nick }}", "<missing a literal>"),
        ("{{ profile.address }}", "<missing profile.address>"),
        ("{{ profile.address.city }} {{ profile['address'][\"zip code\"] }}", "Lyon 69001"),
        ("{{ profile.address.street | default: '?' }}", "?"),
        ("{{ profile.prénom }}", "Zoé"),
        ("{{\u{A0}profile.prénom\u{A0}}}", "Zoé"),
        ("{{ profile.external_id }} {{ profile.language }} {{ profile.country }} {{ profile.timezone }}", "u1 fr FR Europe/Paris"),
        ("{{ profile.tags }} {{ profile.tags | first }} {{ profile.tags | size }} {{ profile.sizes }}", "vip, été vip 2 M, 40"),
        ("{{ campaign.id }} {{ campaign.name }}", "cmp_1 Ventes privées"),
        ("{{ subscription.channel }} {{ subscription.language }} {{ subscription.app_version }}", "apns fr-CA 5.2"),
        ("{{ url }}?u={{ profile.first_name | url_encode }}", "https://shop.example/vp?u=zo%C3%A9"),
        ("{{ 'a b&c/é~' | url_encode }}", "a%20b%26c%2F%C3%A9~"),
        ("{{ profile.first_name | upcase }} {{ 'ÉTÉ' | downcase }}", "ZOÉ été"),
        ("{{ 'straße' | upcase }}", "STRASSE"),
        ("[{{ profile.spaced | strip }}]", "[a b]"),
        ("{{ 'abcdef' | truncate: 4 }} {{ 'abcdef' | truncate: 5, '' }} {{ 'abc' | truncate: 3 }} {{ 'abc' | truncate: 0 }}", "abc… abcde abc …"),
        ("{{ profile.family | truncate: 2, '' | size }} {{ profile.family | size }}", "2 8"),
        ("{{ 'a-b-c' | replace: '-', '+' }} {{ 'aaa' | replace: 'aa', 'b' }} {{ 'x' | replace: '', 'y' }}", "a+b+c ba x"),
        ("{{ 'b' | prepend: 'a' | append: 'c' | size }}", "3"),
        ("{{ profile.points | plus: 1 }} {{ profile.csv | times: 2 }} {{ profile.points | minus: 0.5 }}", "121 24 119.5"),
        ("{{ profile.points | divided_by: 7 }} {{ -7 | divided_by: 2 }} {{ 7 | divided_by: 2.0 }}", "17 -4 3.5"),
        ("{{ 1 | divided_by: 0 | default: 'none' }}", "none"),
        ("{{ 'x' | plus: 1 | default: 'none' }}", "none"),
        ("{{ 9223372036854775807 | plus: 1 }}", "9.223372036854776e+18"),
        ("{{ profile.amount | round }} {{ 2.456 | round: 2 }} {{ 5 | round: 1 }}", "40 2.46 5"),
        ("{{ profile.amount }} {{ true }} {{ 1.0 }}", "39.9 true 1.0"),
        ("{{ profile.born | date: '%d/%m/%Y' }} {{ profile.renewal | date: '%e %H:%M:%S %I%p %y %j 100%%' }}", "03/04/1985 1 23:05:09 11PM 26 060 100%"),
        ("{{ profile.first_name | date: '%d' | default: '-' }}", "-"),
        ("{% if profile.isVip %}a{% else %}b{% endif %}", "a"),
        ("{% if profile.never %}a{% elsif profile.nick %}b{% elsif profile.points > 100 %}c{% else %}d{% endif %}", "c"),
        ("{% if profile.nick %}a{% endif %}.", "."),
        ("{% if profile.empty %}a{% endif %}{% if profile.empty == '' %}b{% endif %}", "ab"),
        ("{% if profile.nick == nil %}a{% endif %}{% if profile.gone == nil %}b{% endif %}{% if profile.nick != 'x' %}c{% endif %}", "abc"),
        ("{% if profile.nick > 1 or profile.nick < 1 or profile.nick contains 'x' %}a{% else %}b{% endif %}", "b"),
        ("{% if profile.points >= 120 and profile.points <= 120.0 and profile.points == 120.0 %}a{% endif %}", "a"),
        ("{% if profile.points == '120' or profile.csv < 13 %}a{% else %}b{% endif %}", "b"),
        ("{% if true or false and false %}a{% endif %}{% if false and true or true %}b{% endif %}", "ab"),
        ("{% if profile.tags contains 'vip' %}a{% endif %}{% if profile.first_name contains 'o' %}b{% endif %}{% if profile.sizes contains 40 %}c{% endif %}", "abc"),
        ("{% if 'b' > 'a' %}x{% endif %}", "x"),
        ("{% if true %}{% if false %}a{% else %}b{% endif %}{% endif %}c", "bc"),
        ("{% if false %}{% if true %}a{% else %}b{% endif %}c{% elsif true %}d{% endif %}e", "de"),
        ("a {%- if true -%}  b  {%- endif %} c", "ab c"),
        ("x  {{- ' y ' -}}  z", "x y z"),
        ("{{ '}}' }}{{ \"{%\" }}", "}}{%"),
    ]

    @Test(arguments: rendered) func `renders`(source: String, wanted: String) {
        #expect(TemplateTests.render(source) == wanted)
    }

    static let refused: [(String, Int, Int, String)] = [
        ("{{", 1, 1, "without \"}}\""),
        ("abc {{ profile.x", 1, 5, "without \"}}\""),
        ("{% if true", 1, 1, "without \"%}\""),
        ("line\nsecond é {{ profile.x | upcas }}", 2, 25, "unknown filter \"upcas\"; did you mean \"upcase\"?"),
        ("{{ profile.x | defualt: 'a' }}", 1, 16, "did you mean \"default\"?"),
        ("{{ profil.x }}", 1, 4, "did you mean \"profile\"?"),
        ("{{ user.name }}", 1, 4, "unknown variable \"user\""),
        ("{{ profile }}", 1, 4, "needs a field"),
        ("{{ campaign.nme }}", 1, 4, "did you mean \"name\"?"),
        ("{{ campaign }}", 1, 4, "has the fields id, name"),
        ("{{ url.x }}", 1, 4, "unknown variable"),
        ("{{ }}", 1, 4, "a value is expected"),
        ("{{ profile.x y }}", 1, 14, "is expected, not \"y\""),
        ("{{ profile. }}", 1, 13, "a field's name"),
        ("{{ profile.x['a' }}", 1, 17, "\"]\" is expected"),
        ("{{ profile.x | }}", 1, 16, "a filter is expected"),
        ("{{ profile.x | default }}", 1, 16, "takes 1 argument, has 0"),
        ("{{ profile.x | upcase: 1 }}", 1, 16, "takes 0 arguments, has 1"),
        ("{{ profile.x | truncate: 1, 2, 3 }}", 1, 16, "takes 1 or 2 arguments, has 3"),
        ("{{ profile.x | date: '%Q' }}", 1, 16, "\"%Q\""),
        ("{{ profile.x | date: profile.f }}", 1, 16, "literal format"),
        ("{{ 'abc }}", 1, 4, "closing quote"),
        ("{{ 1.2.3 }}", 1, 4, "number"),
        ("{{ profile.x ; }}", 1, 14, "unexpected character"),
        ("{{ profile.x %}", 1, 14, "is expected, not \"%}\""),
        ("{% if profile.x }}", 1, 17, "is expected, not \"}}\""),
        ("{% if %}{% endif %}", 1, 7, "a value is expected"),
        ("{% if profile.x == %}{% endif %}", 1, 20, "a value is expected"),
        ("{% if profile.x = 1 %}{% endif %}", 1, 17, "unexpected character"),
        ("{% if profile.x | upcase %}{% endif %}", 1, 17, "is expected, not \"|\""),
        ("{% if true %}x", 1, 4, "\"if\" without \"endif\""),
        ("{% endif %}", 1, 4, "without \"if\""),
        ("{% else %}", 1, 4, "without \"if\""),
        ("{% if true %}{% else %}{% else %}{% endif %}", 1, 27, "after \"else\""),
        ("{% if true %}{% else %}{% elsif true %}{% endif %}", 1, 27, "after \"else\""),
        ("{% fi true %}", 1, 4, "unknown tag \"fi\"; did you mean \"if\"?"),
        ("{% for x in profile.tags %}{% endfor %}", 1, 4, "unknown tag \"for\""),
        ("{% else x %}", 1, 4, "without \"if\""),
        ("{% %}", 1, 4, "a tag is expected"),
    ]

    @Test(arguments: refused) func `refuses with the position`(source: String, line: Int, column: Int, problem: String) {
        do {
            _ = try Template(source)
            Issue.record("\(source) compiled")
        } catch {
            #expect((error.line, error.column) == (line, column), "\(error)")
            #expect(error.problem.contains(problem), "\(error)")
        }
    }

    @Test func `hostile templates are refused or bounded`() throws {
        func problem(_ source: String) -> String? {
            do {
                _ = try Template(source)
                return nil
            } catch {
                return error.problem
            }
        }
        let nested = { (levels: Int) in
            String(repeating: "{% if true %}", count: levels) + "x" + String(repeating: "{% endif %}", count: levels)
        }
        #expect(problem(nested(16)) == nil)
        #expect(problem(nested(17))?.contains("nest") == true)
        #expect(problem(nested(3_000)) != nil)
        #expect(problem(String(repeating: "x", count: 65_537))?.contains("bytes") == true)
        #expect(problem(String(repeating: "{{1}}", count: 2_001))?.contains("parts") == true)
        #expect(problem("{{ 1 " + String(repeating: "| upcase ", count: 17) + "}}")?.contains("filters") == true)
        #expect(problem("{% if 1" + String(repeating: " or 1", count: 60) + " %}{% endif %}")?.contains("times") == true)
        #expect(problem("{{ profile" + String(repeating: ".a", count: 9) + " }}")?.contains("levels") == true)
        // Every doubling is bounded while it happens.
        let doubling = "{{ 'aaaaaaaaaa' " + String(repeating: "| replace: 'a', 'aaaaaaaaaa' ", count: 15) + "}}"
        #expect(TemplateTests.render(doubling) == "<too large>")
        #expect(TemplateTests.render(String(repeating: "{{ campaign.name | append: '\(String(repeating: "y", count: 20))' }}", count: 1_000)).utf8.count > 30_000)
        #expect(TemplateTests.render(String(repeating: "z", count: 65_000)
            + "{{ 'aaaaaaaaaa' | replace: 'a', '\(String(repeating: "b", count: 60))' }}") == "<too large>")
        #expect(TemplateTests.render("{{ 'x' | truncate: -9223372036854775808 }}{{ 'x' | truncate: 1.5 | default: '-' }}") == "…-")
        #expect(TemplateTests.render("{{ -9223372036854775808 | divided_by: -1 }}") == "9.223372036854776e+18")
    }

    @Test func `no text makes the parser or the renderer trap`() {
        var random = SeededGenerator(state: 5)
        let pieces = ["{{", "}}", "{%", "%}", "-", "if", "elsif", "else", "endif", "profile", ".", "first_name", "[", "]", "'", "\"", "|", "default",
                      ":", ",", "truncate", "date", "replace", "round", "==", "contains", "and", "or", " ", "\n", "é", "\u{A0}", "9", "-1", "1e9",
                      "%d", "url", "tags", "\u{0}", "👨‍👩‍👧", "divided_by", "0", "nil", "true"]
        for _ in 0..<30_000 {
            var source = ""
            for _ in 0..<Int.random(in: 0...24, using: &random) { source += pieces.randomElement(using: &random) ?? "" }
            _ = TemplateTests.render(source)
        }
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = TemplateTests.render("{{ " + String(decoding: bytes, as: UTF8.self))
        }
        // Broken forms of a template that works.
        let whole = Array("{% if profile.points > 3 %}{{ profile.renewal | date: '%d/%m' | append: ' ' | truncate: 5, '…' }}{% else %}{{ url }}{% endif %}".utf8)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) { bytes.remove(at: at) } else { bytes[at] = UInt8.random(in: 0...127, using: &random) }
            }
            _ = TemplateTests.render(String(decoding: bytes, as: UTF8.self))
        }
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
