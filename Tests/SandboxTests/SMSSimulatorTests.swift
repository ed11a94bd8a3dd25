import Core
import OpenSSL
import Testing

@testable import Sandbox

@Suite struct SMSPartsTests {
    /// Text, whether in UCS-2, parts, characters of the first part. From 3GPP TS 23.038 and measurements of Kannel 1.4.5.
    static let vectors: [(String, Bool, [Int])] = [
        (String(repeating: "a", count: 160), false, [160]), (String(repeating: "a", count: 161), false, [153, 8]),
        (String(repeating: "a", count: 306), false, [153, 153]), (String(repeating: "a", count: 307), false, [153, 153, 1]),
        (String(repeating: "€", count: 80), false, [80]), (String(repeating: "€", count: 81), false, [76, 5]),
        (String(repeating: "a", count: 152) + "€", false, [153]),
        (String(repeating: "a", count: 152) + "€" + String(repeating: "a", count: 10), false, [152, 11]),
        (String(repeating: "Ж", count: 70), true, [70]), (String(repeating: "Ж", count: 71), true, [67, 4]),
        (String(repeating: "😀", count: 35), true, [35]), (String(repeating: "😀", count: 36), true, [33, 3]), ("", false, [0]),
    ]

    @Test(arguments: vectors) func `parts texts as phones do`(_ text: String, _ isUCS2: Bool, _ counts: [Int]) {
        let parts: SMSParts = isUCS2 ? .ucs2(text, tearsPairs: false) : .gsm7(text)
        #expect(parts.parts.map(\.unicodeScalars.count) == counts)
        #expect(parts.text == text)
    }

    @Test func `tears surrogate pairs where Kannel does`() {
        let parts = SMSParts.ucs2(String(repeating: "😀", count: 36), tearsPairs: true)
        #expect(parts.count == 2)
        #expect(parts.parts[1].unicodeScalars.first == "\u{FFFD}")
    }

    @Test func `knows the French trap`() {
        #expect(GSMAlphabet.contains("à é è ù É Ç @ € ["))
        for scalar in "çâêîôûëïœ«»’…–ÀÈÊ" { #expect(!GSMAlphabet.contains(String(scalar))) }
        #expect(GSMAlphabet.transliterated("Ça dépend de l’été, ça œuvre") == "Ça dépend de l?été, Ça ?uvre")
    }
}

@Suite struct KannelSimulatorTests {
    static func simulator() throws -> KannelSimulator {
        let world = try Fixture.world.get()
        return KannelSimulator(settings: .init(), user: world.kannelUser, password: world.kannelPassword, ids: Fixture.ids)
    }

    static func right() throws -> ProviderRequest {
        let world = try Fixture.world.get()
        return ProviderRequest("GET", ["cgi-bin", "sendsms"], query: [
            ("username", world.kannelUser), ("password", world.kannelPassword), ("from", "SHOP"), ("to", "+33612345678"),
            ("text", "Ventes privées STOP 36111"), ("dlr-mask", "31"),
            ("dlr-url", "http://127.0.0.1:1/hooks/sms?d=9&s=%d&to=%p&from=%P&a=%A&x=100%%"),
        ])
    }

    @Test func `takes a message and reports it`() throws {
        let verdict = try Self.simulator().judge(Self.right(), now: Fixture.now)
        #expect(verdict.answer == ProviderAnswer(202, text: "0: Accepted for delivery"))
        #expect(verdict.items[0].address == "+33612345678")
        #expect(verdict.items[0].text == "Ventes privées STOP 36111")
        #expect(verdict.callbacks.map(\.method) == ["GET", "GET"])
        #expect(verdict.callbacks.map(\.url) == [
            "http://127.0.0.1:1/hooks/sms?d=9&s=8&to=%2B33612345678&from=SHOP&a=ACK%2F&x=100%",
            "http://127.0.0.1:1/hooks/sms?d=9&s=1&to=%2B33612345678&from=SHOP&a=&x=100%",
        ])
    }

    @Test func `reports what the mask asks for, and failures`() throws {
        var request = try Self.right()
        let failed = try Self.simulator().callbacksWhenUndelivered(request, .refused(ProviderAnswer(202)), now: Fixture.now)
        #expect(failed?.count == 2)
        #expect(failed?.last?.url.contains("s=2&") == true)
        request.query.removeAll { $0.name == "dlr-mask" }
        request.query.append(("dlr-mask", "3"))
        #expect(try Self.simulator().judge(request, now: Fixture.now).callbacks.count == 1)
    }

    typealias Case = Deviation<(Int, String)>

    static func set(_ name: String, _ value: String?) -> @Sendable (inout ProviderRequest) throws -> Void {
        { request in
            request.query.removeAll { $0.name == name }
            if let value { request.query.append((name, value)) }
        }
    }

    static let deviations: [Case] = [
        Case("another path", (404, "Unknown request.")) { $0.segments = ["cgi-bin", "sendmms"] },
        Case("a posted form", (400, "Invalid content-type")) { $0.method = "POST" },
        Case("a wrong password", (403, "Authorization failed for sendsms"), set("password", "x")),
        Case("no password", (403, "Authorization failed for sendsms"), set("password", nil)),
        Case("another user", (403, "Authorization failed for sendsms"), set("username", "x")),
        Case("no receiver", (400, "Missing receiver number, rejected"), set("to", nil)),
        Case("an empty receiver", (400, "Empty receiver number not allowed, rejected"), set("to", "")),
        Case("a receiver by name", (400, "Number(s) has/have been denied by white- and/or black-lists."), set("to", "bob")),
        Case("coding 9", (400, "Coding field misformed, rejected"), set("coding", "9")),
    ]

    @Test(arguments: deviations) func `refuses as the smsbox does`(_ deviation: Case) throws {
        var request = try Self.right()
        try deviation.change(&request)
        let verdict = try Self.simulator().judge(request, now: Fixture.now)
        #expect(verdict.answer == ProviderAnswer(deviation.answer.0, text: deviation.answer.1))
        #expect(!verdict.isTaken)
    }

    static let texts: [(String, String, String, [String])] = [
        ("0", "ça", "Ça", ["characters outside the GSM alphabet were replaced"]),
        ("2", "ça 😀", "ça 😀", []),
        ("0", "", "", ["the text is empty"]),
        ("0", String(repeating: "B", count: 900), String(repeating: "B", count: 765), ["cut after 5 of 6 parts"]),
    ]

    @Test(arguments: texts) func `shows what arrives, and says what was lost`(_ coding: String, _ text: String, _ shown: String, _ remarks: [String]) throws {
        var request = try Self.right()
        try Self.set("text", text)(&request)
        try Self.set("coding", coding)(&request)
        let item = try Self.simulator().judge(request, now: Fixture.now).items[0]
        #expect(item.text == shown)
        #expect(item.remarks == remarks)
    }

    @Test func `gives each of several receivers a receipt of their own`() throws {
        var request = try Self.right()
        try Self.set("to", "+33612345678 0033612345679 33612345670")(&request)
        let verdict = try Self.simulator().judge(request, now: Fixture.now)
        #expect(verdict.items.map(\.address) == ["+33612345678", "+33612345679", "+33612345670"])
        #expect(verdict.callbacks.count == 6)
    }
}

@Suite struct TwilioSimulatorTests {
    static func simulator() throws -> TwilioSimulator {
        let world = try Fixture.world.get()
        return TwilioSimulator(settings: .init(), account: world.twilioAccount, authToken: world.twilioAuthToken, ids: Fixture.ids)
    }

    static let form: [(name: String, value: String)] = [
        ("To", "+33612345678"), ("From", "SHOP"), ("Body", "Bonjour à tous"), ("StatusCallback", "https://push.example.com/hooks/sms?d=9"),
    ]

    static func right() throws -> ProviderRequest {
        let world = try Fixture.world.get()
        let basic = Base64.encode(Array("\(world.twilioAccount):\(world.twilioAuthToken)".utf8))
        return ProviderRequest("POST", ["2010-04-01", "Accounts", world.twilioAccount, "Messages.json"], headers: [
            ("authorization", "Basic " + basic), ("content-type", "application/x-www-form-urlencoded"),
        ], body: FormCoding.encode(form))
    }

    @Test func `takes a message`() throws {
        let verdict = try Self.simulator().judge(Self.right(), now: Fixture.now)
        let json = verdict.answer.json
        #expect(verdict.answer.status == 201)
        #expect(json?["sid"]?.string?.hasPrefix("SM") == true)
        #expect(json?["sid"]?.string?.utf8.count == 34)
        #expect(json?["status"] == "queued")
        #expect(json?["num_segments"] == "1")
        #expect(verdict.items[0].text == "Bonjour à tous")
    }

    @Test func `signs its status callbacks over the URL and the sorted fields`() throws {
        let world = try Fixture.world.get()
        let verdict = try Self.simulator().judge(Self.right(), now: Fixture.now)
        let callback = try #require(verdict.callbacks.last)
        let fields = try #require(FormCoding.decode(callback.body))
        #expect(verdict.callbacks.count == 2)
        #expect(fields.first("MessageStatus") == "delivered")
        #expect(fields.first("MessageSid") == verdict.answer.json?["sid"]?.string)
        let signed = "https://push.example.com/hooks/sms?d=9" + fields.sorted { $0.name < $1.name }.map { $0.name + $0.value }.joined()
        let signature = Base64.encode(HMAC.sha1(key: Array(world.twilioAuthToken.utf8), message: Array(signed.utf8)))
        #expect(callback.headers.first("X-Twilio-Signature") == signature)
    }

    /// Status and code.
    typealias Case = Deviation<[Int]>

    static func set(_ name: String, _ value: String?) -> @Sendable (inout ProviderRequest) throws -> Void {
        { request in
            var fields = form
            fields.removeAll { $0.name == name }
            if let value { fields.append((name, value)) }
            request.body = FormCoding.encode(fields)
        }
    }

    static let deviations: [Case] = [
        Case("no credentials", [401, 20_003]) { $0.set("authorization", nil) },
        Case("a wrong password", [401, 20_003]) { $0.set("authorization", "Basic " + Base64.encode(Array("AC:x".utf8))) },
        Case("another account", [404, 20_404]) { $0.segments[2] = "AC0" },
        Case("another resource", [404, 20_404]) { $0.segments[3] = "Calls.json" },
        Case("GET", [405, 20_004]) { $0.method = "GET" },
        Case("JSON", [400, 21_604]) { $0.set("content-type", "application/json") },
        Case("no To", [400, 21_604], set("To", nil)),
        Case("a national number", [400, 21_211], set("To", "0612345678")),
        Case("no From", [400, 21_603], set("From", nil)),
        Case("a From of 12 letters", [400, 21_212], set("From", "SHOPSHOPSHOP")),
        Case("From and To alike", [400, 21_266], set("From", "+33612345678")),
        Case("no Body", [400, 21_602], set("Body", nil)),
        Case("a Body of 1601 characters", [400, 21_617], set("Body", String(repeating: "a", count: 1_601))),
        Case("a callback that is no URL", [400, 21_609], set("StatusCallback", "/hooks")),
        Case("a callback to a host with an underscore", [400, 21_609], set("StatusCallback", "https://a_b.example/")),
        Case("no validity", [400, 21_625], set("ValidityPeriod", "0")),
        Case("a validity over ten hours", [400, 21_625], set("ValidityPeriod", "36001")),
        Case("a schedule without a service", [400, 35_111], set("SendAt", "2026-12-01T09:00:00Z")),
    ]

    @Test(arguments: deviations) func `refuses with Twilio's code`(_ deviation: Case) throws {
        var request = try Self.right()
        try deviation.change(&request)
        let verdict = try Self.simulator().judge(request, now: Fixture.now)
        #expect(verdict.answer.status == deviation.answer[0])
        #expect(verdict.answer.json?["code"]?.int == Int64(deviation.answer[1]))
        #expect(!verdict.isTaken)
    }
}
