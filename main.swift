let json = try JSONValue(parsing: Array("""
{"default_language":"fr","fr":{"title":"Bonjour {{ profile.first_name | default: 'vous' }}","body":"C'est parti {% if profile.tier == 'gold' %}Or{% else %}Toi{% endif %}","url":"https://shop.example/vp","app_url":"shop://vp","data":{"who":"{{ profile.external_id }}"}}}
""".utf8))
let errors = FieldErrors()
let content = CompiledContent(json, channels: [.apns], rules: [:], errors: errors)!
let variables = Variables(profile: .init(externalID: "u1", language: "fr", attributes: ["tier": "gold", "a": 1, "b": 2, "first_name": "Zoé"]))
let clock = ContinuousClock()
var n = 0
let t = clock.measure { for _ in 0..<1_000_000 { if case .rendered(let r) = content.render(for: .apns, languages: ["fr-CA", "fr"], variables: variables) { n += r.body.utf8.count } } }
print(n, t, "per message:", t / 1_000_000)
let m = clock.measure { for _ in 0..<200_000 { n += (try! JSONValue(parsing: Array(#"{"tier":"gold","a":1,"b":2,"first_name":"Zoé","amount":39.9}"#.utf8))).object!.members.count } }
print("attributes parse", m / 200_000)
