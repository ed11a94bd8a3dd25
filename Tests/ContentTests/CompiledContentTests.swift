import Content
import Core
import Testing

@Suite struct CompiledContentTests {
    /// Knows the options `badge` and `sound`.
    struct Rules: ChannelRules {
        let channel: Channel

        func address(from value: JSONValue, at pointer: String, errors: FieldErrors) -> Address? { nil }

        func checkOptions(_ options: JSONObject, at pointer: String, errors: FieldErrors) {
            var reader = ObjectReader(options, at: pointer, errors: errors)
            _ = reader.int("badge", in: 0...99)
            _ = reader.string("sound")
            _ = reader.string("tag")
            reader.finish()
        }
    }

    static let rules: [Channel: any ChannelRules] = [.apns: Rules(channel: .apns), .sms: Rules(channel: .sms), .fcm: Rules(channel: .fcm)]

    static let sale = """
        {"default_language":"fr",
         "fr":{"title":"Bonjour {{ profile.first_name | default: 'vous' }}","body":"C'est parti","url":"https://shop.example/vp","app_url":"shop://vp",
               "data":{"kind":"sale","who":"{{ profile.external_id }}"}},
         "en":{"title":"Hello {{ profile.first_name | default: 'there' }}","body":"Doors open","url":"https://shop.example/en?u={{ profile.external_id | url_encode }}"},
         "pt-BR":{"body":"Portas abertas para {{ profile.city }}"},
         "channels":{"apns":{"badge":1,"sound":"default"},"sms":{"fr":{"body":"Ventes privées : {{ url }} STOP au 36111"},"tag":"t"}}}
        """

    static func compile(_ text: String, channels: [Channel] = [.apns, .sms]) throws -> (CompiledContent?, [FieldError]) {
        let errors = FieldErrors()
        let content = CompiledContent(try JSONValue(parsing: Array(text.utf8)), channels: channels, rules: rules, errors: errors)
        return (content, errors.list)
    }

    static func content(_ text: String, channels: [Channel] = [.apns, .sms]) throws -> CompiledContent {
        let (content, errors) = try compile(text, channels: channels)
        #expect(errors == [])
        return try #require(content)
    }

    static let zoe = Variables(profile: .init(externalID: "u 1", attributes: ["first_name": "Zoé"]))

    @Test func `renders the texts, addresses, data and options of a channel`() throws {
        let content = try CompiledContentTests.content(CompiledContentTests.sale)
        guard case .rendered(let push) = content.render(for: .apns, languages: ["fr-CA"], variables: CompiledContentTests.zoe) else {
            Issue.record("skipped")
            return
        }
        #expect(push.language == "fr")
        #expect(push.title == "Bonjour Zoé")
        #expect(push.body == "C'est parti")
        #expect(push.url == "https://shop.example/vp")
        #expect(push.appURL == "shop://vp")
        #expect(push.data.map(\.name) == ["kind", "who"])
        #expect(push.data.map(\.value) == ["sale", "u 1"])
        #expect(push.options == ["badge": 1, "sound": "default"])
        guard case .rendered(let text) = content.render(for: .sms, languages: [], variables: CompiledContentTests.zoe) else {
            Issue.record("skipped")
            return
        }
        #expect(text.body == "Ventes privées : https://shop.example/vp STOP au 36111")
        #expect(text.title == "Bonjour Zoé")
        #expect(text.options == ["tag": "t"])
    }

    @Test(arguments: [
        (["en-GB", "fr"], "en"), (["EN"], "en"), (["de", "en-US"], "en"), (["de"], "fr"), ([], "fr"), (["pt-br"], "pt-BR"),
        (["pt"], "fr"), (["pt-BR-x-y"], "pt-BR"), (["zh-Hant-TW", "fr-CA"], "fr"), ([""], "fr"), (["-", "---"], "fr"),
    ] as [([String], String)]) func `chooses the language by lookup, then the default`(languages: [String], wanted: String) throws {
        let content = try CompiledContentTests.content(CompiledContentTests.sale)
        let variables = Variables(profile: .init(externalID: "u1", attributes: ["city": "Rio"]))
        guard case .rendered(let rendered) = content.render(for: .apns, languages: languages, variables: variables) else {
            Issue.record("skipped")
            return
        }
        #expect(rendered.language == wanted)
    }

    @Test func `skips say why, without personal data`() throws {
        func skip(_ text: String, _ channel: Channel = .apns, languages: [String] = [], with attributes: JSONObject = [:],
                  channels: [Channel] = [.apns, .sms]) throws -> String {
            let variables = Variables(profile: .init(externalID: "u1", attributes: attributes))
            return switch try CompiledContentTests.content(text, channels: channels).render(for: channel, languages: languages, variables: variables) {
            case .rendered(let rendered): "rendered \(rendered.body)"
            case .skipped(let reason, let detail): "\(reason.rawValue) \(detail)"
            }
        }
        #expect(try skip(CompiledContentTests.sale, languages: ["pt-BR"]) == "variable_missing body: profile.city")
        #expect(try skip(CompiledContentTests.sale, .fcm) == "language_missing no text for fcm in fr")
        let only = #"{"default_language":"en","en":{"title":"x"},"channels":{"apns":{"en":{"body":"y"}},"sms":{"fr":{"body":"z"}}}}"#
        #expect(try skip(only, .sms) == "language_missing no text for sms in en")
        #expect(try skip(only, .sms, languages: ["fr-BE"]) == "rendered z")
        #expect(try skip(#"{"default_language":"en","en":{"body":"a{{ url }}"}}"#) == "variable_missing body: url")
        #expect(try skip(#"{"default_language":"en","en":{"body":" {{ profile.x | default: '' }}\n"}}"#) == "variable_missing body: is empty")
        let link = #"{"default_language":"en","en":{"body":"a","url":"{{ profile.site }}"}}"#
        #expect(try skip(link, with: ["site": "https://a.example"]) == "rendered a")
        for site in ["javascript:alert(1)", "https://a b", "https://", "/local", "https://a\n"] {
            #expect(try skip(link, with: ["site": .string(site)]).hasPrefix("variable_missing url: is not an https://"))
        }
        let app = #"{"default_language":"en","en":{"body":"a","app_url":"{{ profile.site }}"}}"#
        #expect(try skip(app, with: ["site": "JavaScript:alert(1)"]).hasPrefix("variable_missing app_url"))
        #expect(try skip(app, with: ["site": "shop://x"]) == "rendered a")
        let large = #"{"default_language":"en","en":{"body":"{{ profile.x }}{{ profile.x }}"}}"#
        #expect(try skip(large, with: ["x": .string(String(repeating: "x", count: 40_000))]) == "payload_too_large body: more than 65536 bytes")
    }

    static let refused: [(String, [String])] = [
        ("[]", [" wrong_type"]),
        ("{}", ["/default_language missing"]),
        (#"{"default_language":"fr"}"#, ["/fr/body no_text", "/fr/body no_text", "/default_language invalid_value"]),
        (#"{"default_language":"f","f":{"body":"x"}}"#, ["/default_language invalid_value", "/f unknown_field"]),
        (#"{"default_language":"fr","en":{"body":"x"}}"#, ["/default_language invalid_value"]),
        (#"{"default_language":"fr","fr":{"body":"x"},"french":{"body":"x"},"chanels":{}}"#, ["/french unknown_field", "/chanels unknown_field"]),
        (#"{"default_language":"fr","fr":{"body":"x"},"FR":{"body":"x"}}"#, ["/FR duplicate"]),
        (#"{"default_language":"fr","fr":"x"}"#, ["/fr wrong_type"]),
        (#"{"default_language":"fr","fr":{"body":"x","tittle":"y"}}"#, ["/fr/tittle unknown_field"]),
        (#"{"default_language":"fr","fr":{"body":""}}"#, ["/fr/body invalid_value"]),
        (#"{"default_language":"fr","fr":{"body":3,"title":null}}"#, ["/fr/title wrong_type", "/fr/body wrong_type"]),
        (#"{"default_language":"fr","fr":{"title":"{{ x","body":"{{ profile.a | nope }}"}}"#, ["/fr/title template_syntax", "/fr/body template_syntax"]),
        (#"{"default_language":"fr","fr":{"body":"x","url":"https://a/{{ url }}"}}"#, ["/fr/url template_syntax"]),
        (#"{"default_language":"fr","fr":{"body":"x","url":"ftp://a","image":"a.png","app_url":"javascript:x"}}"#,
         ["/fr/url invalid_value", "/fr/app_url invalid_value", "/fr/image invalid_value"]),
        (#"{"default_language":"fr","fr":{"body":"x","url":"mailto:{{ profile.a }}"}}"#, ["/fr/url invalid_value"]),
        (#"{"default_language":"fr","fr":{"body":"x","data":{"a":1,"":"b","ok":"{{"}}}"#,
         ["/fr/data/a wrong_type", "/fr/data/ invalid_value", "/fr/data/ok template_syntax"]),
        (#"{"default_language":"fr","fr":{"body":"x"},"channels":{"apn":{},"apns":{"bagde":1,"badge":100},"sms":3}}"#,
         ["/channels/apn unknown_field", "/channels/apns/badge out_of_range", "/channels/apns/bagde unknown_field", "/channels/sms wrong_type"]),
        (#"{"default_language":"fr","fr":{"body":"x"},"channels":{"sms":{"fr":{"bdy":"y"}},"line":{"x":1}}}"#,
         ["/channels/sms/fr/bdy unknown_field", "/channels/line/x unknown_field"]),
        (#"{"default_language":"fr","fr":{"body":"x"},"en":{"title":"y"}}"#, ["/en/body no_text"]),
        (#"{"default_language":"fr","fr":{"body":"x"},"channels":{"sms":{"de":{"title":"y"}}}}"#, ["/channels/sms/de/body no_text"]),
    ]

    @Test(arguments: refused) func `names every wrong place`(text: String, wanted: [String]) throws {
        let (content, errors) = try CompiledContentTests.compile(text)
        #expect(content == nil)
        #expect(errors.map { "\($0.pointer) \($0.code)" } == wanted, "\(errors)")
    }

    @Test func `points from where the content stands and gives the position in the text`() throws {
        let errors = FieldErrors()
        let json = try JSONValue(parsing: Array(#"{"default_language":"fr","fr":{"body":"a\n {{ profile.x | upcas }}"}}"#.utf8))
        _ = CompiledContent(json, channels: [.apns], rules: CompiledContentTests.rules, at: "/content", errors: errors)
        #expect(errors.list == [FieldError(pointer: "/content/fr/body", code: "template_syntax",
            detail: "line 2, column 17: unknown filter \"upcas\"; did you mean \"upcase\"?")])
    }

    @Test func `lists the languages of a channel`() throws {
        let content = try CompiledContentTests.content(CompiledContentTests.sale)
        #expect(content.languages(for: .apns) == ["en", "fr", "pt-BR"])
        #expect(content.languages(for: .line) == [])
    }

    @Test func `a hundred thousand messages render alike on every thread`() async throws {
        let content = try CompiledContentTests.content(CompiledContentTests.sale)
        let lengths = await withTaskGroup(of: Int.self) { group in
            for part in 0..<4 {
                group.addTask {
                    (0..<25_000).reduce(0) { sum, number in
                        let variables = Variables(profile: .init(externalID: "u\(part * 25_000 + number + 100_000)", attributes: ["first_name": "Zoé"]))
                        guard case .rendered(let rendered) = content.render(for: .apns, languages: ["en-GB"], variables: variables) else { return sum }
                        return sum + (rendered.title?.utf8.count ?? 0) + rendered.body.utf8.count + (rendered.url?.utf8.count ?? 0)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(lengths == Array(repeating: 25_000 * ("Hello Zoé".utf8.count + "Doors open".utf8.count + "https://shop.example/en?u=u100000".utf8.count), count: 4))
    }

    @Test func `no JSON makes the reader trap`() throws {
        var random = SeededGenerator(state: 21)
        let words = ["default_language", "fr", "en", "fr-CA", "channels", "apns", "sms", "title", "body", "url", "app_url", "image", "data", "badge",
                     "", "{{ profile.x }}", "{{", "https://x", "shop://y", "javascript:z", "\u{0}", "tag", "x~/y"]
        func value(_ depth: Int) -> JSONValue {
            switch Int.random(in: 0..<(depth > 5 ? 4 : 9), using: &random) {
            case 0: return .null
            case 1: return .int(.max)
            case 2, 3: return .string(words.randomElement(using: &random) ?? "")
            case 4: return .array([value(depth + 1)])
            default:
                var object = JSONObject()
                for _ in 0..<Int.random(in: 0...5, using: &random) { object[words.randomElement(using: &random) ?? ""] = value(depth + 1) }
                if depth == 0 { object["default_language"] = "fr" }
                return .object(object)
            }
        }
        for _ in 0..<20_000 {
            let errors = FieldErrors()
            let content = CompiledContent(value(0), channels: [.apns, .sms], rules: CompiledContentTests.rules, errors: errors)
            #expect((content == nil) == !errors.isEmpty)
            _ = content?.render(for: .sms, languages: ["en"], variables: CompiledContentTests.zoe)
        }
    }
}
