import Core
import OpenSSL
import Testing

@testable import Sandbox

@Suite struct MessengerSimulatorTests {
    static let psid = "2000000000012345"

    static func simulator(_ change: (inout SandboxSettings.Messenger) -> Void = { _ in }) throws -> MessengerSimulator {
        let world = try Fixture.world.get()
        var settings = SandboxSettings.Messenger()
        change(&settings)
        return MessengerSimulator(
            settings: settings, pageToken: world.pageToken, appSecret: world.appSecret, ids: Fixture.ids,
            isKnown: { $0 != "404404404" })
    }

    static let body: JSONValue = [
        "recipient": ["id": .string(psid)], "messaging_type": "UPDATE", "message": ["text": "Bonjour", "metadata": "key-1"],
    ]

    static let buttons: JSONValue = body.with("message", value: ["attachment": ["type": "template", "payload": [
        "template_type": "button", "text": "C'est parti",
        "buttons": [["type": "web_url", "title": "Voir", "url": "https://shop.example/"]],
    ]]])

    static func proof() throws -> String {
        let world = try Fixture.world.get()
        return Hex.encode(HMAC.sha256(key: Array(world.appSecret.utf8), message: Array(world.pageToken.utf8)))
    }

    static func right(_ body: JSONValue = body) throws -> ProviderRequest {
        let world = try Fixture.world.get()
        return ProviderRequest(
            "POST", ["v25.0", SandboxSettings.Messenger().pageID, "messages"], query: [("appsecret_proof", try proof())],
            headers: [("authorization", "Bearer " + world.pageToken), ("content-type", "application/json")], body: body.bytes)
    }

    @Test func `takes a right message`() throws {
        let verdict = try Self.simulator().judge(Self.right(), now: Fixture.now)
        #expect(verdict.answer.status == 200)
        #expect(verdict.answer.json?["recipient_id"]?.string == Self.psid)
        #expect(verdict.answer.json?["message_id"]?.string?.hasPrefix("m_") == true)
        #expect(verdict.items == [Verdict.Item(address: Self.psid, key: "key-1", text: "Bonjour")])
        #expect(try Self.simulator().judge(Self.right(Self.buttons), now: Fixture.now).items[0].text == "C'est parti")
    }

    @Test func `names no recipient that it was not given`() throws {
        let request = try Self.right(Self.body.with("recipient", value: ["user_ref": "ref-1"]))
        let answer = try Self.simulator().judge(request, now: Fixture.now).answer
        #expect(answer.status == 200)
        #expect(answer.json?["recipient_id"] == nil)
    }

    @Test func `takes the token and the proof as parameters and a form as a body`() throws {
        let world = try Fixture.world.get()
        var request = try Self.right()
        request.set("authorization", nil)
        request.set("content-type", "application/x-www-form-urlencoded")
        request.query = []
        request.body = FormCoding.encode([
            ("access_token", world.pageToken), ("appsecret_proof", try Self.proof()), ("messaging_type", "RESPONSE"),
            ("recipient", "{\"id\":\"\(Self.psid)\"}"), ("message", "{\"text\":\"Bonjour à tous\"}"),
        ])
        let verdict = try Self.simulator().judge(request, now: Fixture.now)
        #expect(verdict.answer.status == 200)
        #expect(verdict.items[0].text == "Bonjour à tous")
    }

    /// Code, and subcode or 0.
    typealias Case = Deviation<[Int]>

    static func set(_ path: String..., value: JSONValue?) -> @Sendable (inout ProviderRequest) throws -> Void {
        { request in
            request.body = (path.count == 1 ? body.with(path[0], value: value) : body.with(path[0], path[1], value: value)).bytes
        }
    }

    static func template(_ payload: JSONValue) -> @Sendable (inout ProviderRequest) throws -> Void {
        set("message", value: ["attachment": ["type": "template", "payload": payload]])
    }

    static func button(_ button: JSONValue) -> @Sendable (inout ProviderRequest) throws -> Void {
        template(["template_type": "button", "text": "t", "buttons": [button]])
    }

    static func long(_ count: Int) -> JSONValue { .string(String(repeating: "é", count: count)) }

    static let deviations: [Case] = [
        Case("no token", [104, 0]) { $0.set("authorization", nil) },
        Case("a wrong token", [190, 0]) { $0.set("authorization", "Bearer EAAG") },
        Case("no proof", [100, 0]) { $0.query = [] },
        Case("a wrong proof", [100, 0]) { $0.query = [("appsecret_proof", String(repeating: "0", count: 64))] },
        Case("no version", [2_500, 0]) { $0.segments.removeFirst() },
        Case("a strange version", [2_500, 0]) { $0.segments[0] = "v25" },
        Case("another page", [100, 33]) { $0.segments[1] = "1" },
        Case("GET", [100, 0]) { $0.method = "GET" },
        Case("no JSON", [100, 0]) { $0.body = Array("{".utf8) },
        Case("no recipient", [100, 0], set("recipient", value: nil)),
        Case("two recipients", [100, 0], set("recipient", value: ["id": "1", "user_ref": "2"])),
        Case("a recipient that is a number", [100, 0], set("recipient", value: ["id": 1])),
        Case("a recipient that is a name", [100, 2_018_001], set("recipient", value: ["id": "bob"])),
        Case("an unknown person", [100, 2_018_001], set("recipient", value: ["id": "404404404"])),
        Case("no messaging type", [100, 0], set("messaging_type", value: nil)),
        Case("an unknown messaging type", [100, 0], set("messaging_type", value: "NEWS")),
        Case("a tag without its type", [100, 0], set("tag", value: "HUMAN_AGENT")),
        Case("an unknown notification type", [100, 0], set("notification_type", value: "LOUD")),
        Case("no message", [100, 0], set("message", value: nil)),
        Case("an empty message", [100, 0], set("message", value: [:])),
        Case("an empty text", [100, 0], set("message", value: ["text": ""])),
        Case("text and attachment", [100, 0], set("message", "attachment", value: ["type": "image", "payload": ["url": "https://a.example/i"]])),
        Case("a text of 2001 characters", [100, 0], set("message", "text", value: long(2_001))),
        Case("metadata of 1001 characters", [100, 0], set("message", "metadata", value: long(1_001))),
        Case("14 quick replies", [100, 0], set("message", "quick_replies", value: .array(
            Array(repeating: ["content_type": "text", "title": "a", "payload": "b"], count: 14)))),
        Case("a quick reply without payload", [100, 2_018_040],
             set("message", "quick_replies", value: [["content_type": "text", "title": "a"]])),
        Case("a quick reply of 21 characters", [100, 0],
             set("message", "quick_replies", value: [["content_type": "text", "title": long(21), "payload": "b"]])),
        Case("message and action", [100, 2_018_015], set("sender_action", value: "typing_on")),
        Case("an attachment without payload", [100, 0], set("message", value: ["attachment": ["type": "image"]])),
        Case("an unknown attachment", [100, 0], set("message", value: ["attachment": ["type": "gif", "payload": [:]]])),
        Case("an image at no URL", [100, 2_018_041], set("message", value: ["attachment": ["type": "image", "payload": ["url": "x"]]])),
        Case("an unknown template", [100, 0], template(["template_type": "list"])),
        Case("a button template without text", [100, 0], template(["template_type": "button", "buttons": []])),
        Case("a button template of 641 characters", [100, 0], template([
            "template_type": "button", "text": long(641), "buttons": [["type": "postback", "title": "a", "payload": "b"]],
        ])),
        Case("no buttons", [100, 0], template(["template_type": "button", "text": "t", "buttons": []])),
        Case("four buttons", [100, 0], template([
            "template_type": "button", "text": "t",
            "buttons": .array(Array(repeating: ["type": "postback", "title": "a", "payload": "b"], count: 4)),
        ])),
        Case("a button of 21 characters", [100, 0], button(["type": "postback", "title": long(21), "payload": "b"])),
        Case("a button without title", [100, 2_018_053], button(["type": "postback", "payload": "b"])),
        Case("a button without payload", [100, 2_018_040], button(["type": "postback", "title": "a"])),
        Case("a button at no URL", [100, 2_018_041], button(["type": "web_url", "title": "a", "url": "shop://x"])),
        Case("an unknown button", [100, 0], button(["type": "share", "title": "a"])),
        Case("eleven elements", [100, 0], template([
            "template_type": "generic", "elements": .array(Array(repeating: ["title": "a", "subtitle": "b"], count: 11)),
        ])),
        Case("an element with a title alone", [100, 0], template(["template_type": "generic", "elements": [["title": "a"]]])),
        Case("an element of 81 characters", [100, 0], template([
            "template_type": "generic", "elements": [["title": long(81), "subtitle": "b"]],
        ])),
        Case("a tag that is dead", [100, 0]) {
            $0.body = body.with("messaging_type", value: "MESSAGE_TAG").with("tag", value: "ACCOUNT_UPDATE").bytes
        },
        Case("a utility without template", [100, 0], set("messaging_type", value: "UTILITY")),
    ]

    @Test(arguments: deviations) func `refuses with Meta's code`(_ deviation: Case) throws {
        var request = try Self.right()
        try deviation.change(&request)
        let verdict = try Self.simulator().judge(request, now: Fixture.now)
        let error = verdict.answer.json?["error"]
        #expect(verdict.answer.status == 400)
        #expect(error?["code"]?.int == Int64(deviation.answer[0]))
        #expect(error?["error_subcode"]?.int ?? 0 == Int64(deviation.answer[1]))
        #expect(error?["fbtrace_id"]?.string?.isEmpty == false)
        #expect(!verdict.isTaken)
    }

    @Test func `keeps the window of every person`() throws {
        let simulator = try Self.simulator { $0.isWindowOpenByDefault = false }
        func code(_ type: JSONValue, _ tag: JSONValue? = nil, _ message: JSONValue = ["text": "a"], at now: Timestamp = Fixture.now) throws -> Int64 {
            let body = Self.body.with("messaging_type", value: type).with("tag", value: tag).with("message", value: message)
            let answer = simulator.judge(try Self.right(body), now: now).answer
            return answer.status == 200 ? 0 : answer.json?["error"]?["error_subcode"]?.int ?? -1
        }
        #expect(try code("UPDATE") == 2_018_278)
        simulator.windows.open(Self.psid, until: Fixture.now + .seconds(86_400))
        #expect(try code("UPDATE") == 0)
        #expect(try code("RESPONSE", at: Fixture.now + .seconds(86_399)) == 0)
        #expect(try code("RESPONSE", at: Fixture.now + .seconds(86_400)) == 2_018_278)
        #expect(try code("MESSAGE_TAG", "HUMAN_AGENT", at: Fixture.now + .seconds(86_400 * 7 - 1)) == 0)
        #expect(try code("MESSAGE_TAG", "HUMAN_AGENT", at: Fixture.now + .seconds(86_400 * 7)) == 2_018_278)
        let template: JSONValue = ["template": ["name": "order", "language": ["code": "fr"]]]
        #expect(try code("UTILITY", nil, template, at: Fixture.now + .seconds(86_400 * 30)) == 0)
    }

    @Test func `signs the events it sends back`() throws {
        let world = try Fixture.world.get()
        let simulator = try Self.simulator {
            $0.callbackURL = "http://127.0.0.1:1/hooks/page"
            $0.sendsReads = true
        }
        let verdict = simulator.judge(try Self.right(), now: Fixture.now)
        let inbound = try #require(simulator.inbound(from: Self.psid, text: "été STOP", now: Fixture.now))
        #expect(verdict.callbacks.count == 2)
        for callback in verdict.callbacks + [inbound] {
            let signature = "sha256=" + Hex.encode(HMAC.sha256(key: Array(world.appSecret.utf8), message: callback.body))
            #expect(callback.headers.first("X-Hub-Signature-256") == signature)
            #expect(callback.body.allSatisfy { $0 < 0x80 })
        }
        let event = try JSONValue(parsing: verdict.callbacks[0].body)["entry"]?.array?.first?["messaging"]?.array?.first
        #expect(event?["sender"]?["id"]?.string == Self.psid)
        #expect(event?["delivery"]?["mids"]?.array?.first == verdict.answer.json?["message_id"])
        #expect(event?["delivery"]?["watermark"]?.int == Fixture.now.milliseconds)
        let words = try JSONValue(parsing: inbound.body)["entry"]?.array?.first?["messaging"]?.array?.first?["message"]?["text"]
        #expect(words == "été STOP")
    }

    @Test func `fails in the Graph API's words`() throws {
        let simulator = try Self.simulator()
        let verdict = simulator.judge(try Self.right(), now: Fixture.now)
        let throttled = try #require(simulator.answer(to: .throttled(retryAfterSeconds: 61), verdict, now: Fixture.now))
        #expect(throttled.json?["error"]?["code"] == 613)
        let usage = try JSONValue(parsing: Array(try #require(throttled.header("X-Business-Use-Case-Usage")).utf8))
        #expect(usage[SandboxSettings.Messenger().pageID]?.array?.first?["estimated_time_to_regain_access"] == 2)
        let named = simulator.answer(to: .named("551/1545041"), verdict, now: Fixture.now)
        #expect(named?.json?["error"]?["error_subcode"] == 1_545_041)
        #expect(simulator.answer(to: .named("nobody"), verdict, now: Fixture.now) == nil)
    }
}
