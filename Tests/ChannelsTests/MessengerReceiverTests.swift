import Core
import Messenger
import Testing

@Suite struct MessengerReceiverTests {
    typealias F = MessengerFixtures
    typealias Kind = InboundEvent.Kind

    private func verify(_ query: [(name: String, value: String)]) -> CallbackResult {
        MessengerReceiver(F.page()).receive(Callback(method: "GET", url: "", query: query, headers: [], body: []), now: F.now)
    }

    @Test func `repeats the challenge to who knows the token`() {
        let result = verify([("hub.mode", "subscribe"), ("hub.verify_token", "verify-me"), ("hub.challenge", "1158201444")])
        #expect(result.status == 200 && result.body == Array("1158201444".utf8) && result.contentType.hasPrefix("text/plain"))
        #expect(verify([("hub.mode", "subscribe"), ("hub.verify_token", "verify-mE"), ("hub.challenge", "1")]).status == 403)
        #expect(verify([("hub.mode", "unsubscribe"), ("hub.verify_token", "verify-me"), ("hub.challenge", "1")]).status == 403)
        #expect(verify([("hub.mode", "subscribe"), ("hub.verify_token", "verify-me")]).status == 403)
        #expect(verify([("hub.mode", "subscribe"), ("hub.verify_token", "verify-me"),
                        ("hub.challenge", String(repeating: "1", count: 5_000))]).status == 403)
        #expect(verify([]).status == 403)
    }

    @Test func `checks the signature over the raw bytes`() {
        let body = Array(#"{"object":"page","entry":[{"id":"1234567890","messaging":[{"sender":{"id":"1"},"timestamp":1,"message":{"mid":"m","text":"\u00e9"}}]}]}"#.utf8)
        func status(_ headers: [(name: String, value: String)]) -> Int {
            MessengerReceiver(F.page()).receive(Callback(method: "POST", url: "", query: [], headers: headers, body: body), now: F.now).status
        }
        // HMAC-SHA256 with Python's hashlib, key "appsecret".
        #expect(status([("x-hub-signature-256", "sha256=b09087229d0aa9075f102ac0c378ea0ca3c3ebb44a7bbf364751fb1e1ef31d21")]) == 200)
        #expect(status([("x-hub-signature-256", "sha256=b09087229d0aa9075f102ac0c378ea0ca3c3ebb44a7bbf364751fb1e1ef31d210")]) == 403)
        #expect(status([("x-hub-signature-256", "b09087229d0aa9075f102ac0c378ea0ca3c3ebb44a7bbf364751fb1e1ef31d21")]) == 403)
        #expect(status([("x-hub-signature-256", "sha256=" + String(repeating: "0", count: 64))]) == 403)
        #expect(status([("x-hub-signature", "sha1=b09087229d0aa9075f102ac0c378ea0ca3c3ebb44a7bbf364751fb1e1ef31d21")]) == 403)
        #expect(status([]) == 403)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let item: String
        let wanted: [Wanted]
        var testDescription: String { name }
    }

    struct Wanted: Sendable, Equatable {
        let id: String
        let kind: Kind
        let address: String?

        init(_ id: String, _ kind: Kind, _ address: String? = MessengerFixtures.psid) {
            (self.id, self.kind, self.address) = (id, kind, address)
        }
    }

    static let at = Timestamp(milliseconds: 1_799_999_990_123)
    static let open = at + .seconds(86_400)
    static let who = #""sender":{"id":"6543210987654321"},"recipient":{"id":"1234567890"},"timestamp":1799999990123"#
    static let stamp = "6543210987654321/1799999990123"

    static let rows = [
        Row(name: "text", item: #"{\#(who),"message":{"mid":"m_1","text":"Bonjour"}}"#,
            wanted: [Wanted("m_1", .message(text: "Bonjour", windowExpiresAt: open))]),
        Row(name: "stop", item: #"{\#(who),"message":{"mid":"m_1","text":"Stop merci"}}"#,
            wanted: [Wanted("m_1", .message(text: "Stop merci", windowExpiresAt: open)), Wanted("m_1/stop", .optOut(evidence: "Stop merci"))]),
        Row(name: "attachment", item: #"{\#(who),"message":{"mid":"m_1","attachments":[{"type":"image"}]}}"#,
            wanted: [Wanted("m_1", .message(text: nil, windowExpiresAt: open))]),
        Row(name: "quick reply that stops", item: #"{\#(who),"message":{"mid":"m_1","text":"Plus rien","quick_reply":{"payload":"STOP"}}}"#,
            wanted: [Wanted("m_1", .message(text: "Plus rien", windowExpiresAt: open)), Wanted("m_1/stop", .optOut(evidence: "STOP"))]),
        Row(name: "no mid", item: #"{\#(who),"message":{"text":"a"}}"#,
            wanted: [Wanted("\(stamp)/message", .message(text: "a", windowExpiresAt: open))]),
        Row(name: "unsent", item: #"{\#(who),"message":{"mid":"m_1","is_deleted":true}}"#, wanted: []),
        Row(name: "postback", item: #"{\#(who),"postback":{"mid":"m_2","title":"Voir","payload":"SHOW"}}"#,
            wanted: [Wanted("m_2", .message(text: "Voir", windowExpiresAt: open))]),
        Row(name: "postback that stops", item: #"{\#(who),"postback":{"title":"Ne plus recevoir","payload":"UNSUBSCRIBE"}}"#,
            wanted: [Wanted("\(stamp)/postback", .message(text: "Ne plus recevoir", windowExpiresAt: open)),
                     Wanted("\(stamp)/postback/stop", .optOut(evidence: "UNSUBSCRIBE"))]),
        Row(name: "get started behind a link",
            item: #"{\#(who),"postback":{"mid":"m_2","title":"Démarrer","payload":"GO","referral":{"ref":"user-42","source":"SHORTLINK","type":"OPEN_THREAD"}}}"#,
            wanted: [Wanted("m_2", .message(text: "Démarrer", windowExpiresAt: open)),
                     Wanted("m_2/referral", .optIn(reference: "user-42", windowExpiresAt: open))]),
        Row(name: "referral", item: #"{\#(who),"referral":{"ref":"user-42","source":"SHORTLINK","type":"OPEN_THREAD"}}"#,
            wanted: [Wanted("\(stamp)/referral", .optIn(reference: "user-42", windowExpiresAt: open))]),
        Row(name: "referral without ref", item: #"{\#(who),"referral":{"source":"SHORTLINK"}}"#,
            wanted: [Wanted("\(stamp)/referral", .message(text: nil, windowExpiresAt: open))]),
        Row(name: "referral from an ad", item: #"{\#(who),"referral":{"ref":"x","source":"ADS","ad_id":"9"}}"#,
            wanted: [Wanted("\(stamp)/referral", .message(text: nil, windowExpiresAt: open))]),
        Row(name: "plugin opt-in", item: #"{\#(who),"optin":{"ref":"order-7"}}"#,
            wanted: [Wanted("\(stamp)/optin", .optIn(reference: "order-7", windowExpiresAt: open))]),
        Row(name: "checkbox", item: #"{"recipient":{"id":"1234567890"},"timestamp":1799999990123,"optin":{"ref":"r","user_ref":"u-1"}}"#,
            wanted: [Wanted("user_ref:u-1/1799999990123/optin", .optIn(reference: "r", windowExpiresAt: open), "user_ref:u-1")]),
        Row(name: "notification opt-in", item: #"{\#(who),"optin":{"type":"notification_messages","payload":"news","notification_messages_token":"t"}}"#,
            wanted: [Wanted("\(stamp)/optin", .optIn(reference: "news", windowExpiresAt: nil))]),
        Row(name: "notification stop", item: #"{\#(who),"optin":{"type":"notification_messages","notification_messages_status":"STOP_NOTIFICATIONS"}}"#,
            wanted: [Wanted("\(stamp)/optin", .optOut(evidence: "notification_messages STOP_NOTIFICATIONS"))]),
        Row(name: "notification resume", item: #"{\#(who),"optin":{"type":"notification_messages","notification_messages_status":"RESUME"}}"#,
            wanted: [Wanted("\(stamp)/optin", .optIn(reference: nil, windowExpiresAt: nil))]),
        Row(name: "one-time token", item: #"{\#(who),"optin":{"type":"one_time_notif_req","one_time_notif_token":"t"}}"#, wanted: []),
        Row(name: "delivery", item: #"{\#(who),"delivery":{"mids":["m_8","m_9",7],"watermark":1799999980000}}"#,
            wanted: [Wanted("m_8/delivered", .status(.provider("m_8"), .delivered, detail: "delivery"), nil),
                     Wanted("m_9/delivered", .status(.provider("m_9"), .delivered, detail: "delivery"), nil),
                     Wanted("\(stamp)/delivery", .watermark(.delivered, upTo: .seconds(1_799_999_980)))]),
        Row(name: "read", item: #"{\#(who),"read":{"watermark":1799999980000}}"#,
            wanted: [Wanted("\(stamp)/read", .watermark(.opened, upTo: .seconds(1_799_999_980)))]),
        Row(name: "watermark to come", item: #"{\#(who),"read":{"watermark":99999999999999}}"#,
            wanted: [Wanted("\(stamp)/read", .watermark(.opened, upTo: MessengerFixtures.now))]),
        Row(name: "our echo", item: #"{\#(who),"message":{"is_echo":true,"app_id":77,"mid":"m_5","metadata":"dlv_12","text":"STOP"}}"#,
            wanted: [Wanted("m_5/echo", .status(.delivery(DeliveryID(rawValue: 12)), .accepted, detail: "echo"), nil)]),
        Row(name: "another app's echo", item: #"{\#(who),"message":{"is_echo":true,"app_id":78,"mid":"m_5","metadata":"dlv_12"}}"#, wanted: []),
        Row(name: "a person's echo", item: #"{\#(who),"message":{"is_echo":true,"mid":"m_5","text":"STOP"}}"#, wanted: []),
        Row(name: "block", item: #"{"recipient":{"id":"1234567890"},"timestamp":1799999990123,"policy-enforcement":{"action":"block","reason":"spam"}}"#,
            wanted: [Wanted("policy/1799999990123/blocked", .account(.blocked, detail: "policy enforcement: block spam"), nil)]),
        Row(name: "unblock", item: #"{"timestamp":1799999990123,"policy-enforcement":{"action":"unblock"}}"#,
            wanted: [Wanted("policy/1799999990123/unblocked", .account(.unblocked, detail: "policy enforcement: unblock"), nil)]),
        Row(name: "warning", item: #"{"timestamp":1799999990123,"policy-enforcement":{"action":"warning","reason":"r"}}"#,
            wanted: [Wanted("policy/1799999990123/warning", .account(.warning, detail: "policy enforcement: warning r"), nil)]),
        Row(name: "reaction", item: #"{\#(who),"reaction":{"action":"react","mid":"m"}}"#, wanted: []),
        Row(name: "no sender", item: #"{"timestamp":1,"message":{"mid":"m","text":"a"}}"#, wanted: []),
        Row(name: "a sender that is no id", item: #"{"sender":{"id":"a/b"},"message":{"mid":"m","text":"a"}}"#, wanted: []),
        Row(name: "wrong types", item: #"{"sender":1,"message":[],"postback":null,"optin":3,"delivery":"x"}"#, wanted: []),
    ]

    @Test(arguments: rows) func `reads every kind of event`(_ row: Row) {
        let result = F.receive(item: row.item)
        #expect(result.status == 200)
        #expect(result.events.map { Wanted($0.id, $0.kind, $0.address) } == row.wanted)
        #expect(result.events.allSatisfy { $0.at == Self.at })
    }

    @Test(arguments: [
        ("1799999990123", 1_799_999_990_123), ("1799999990", 1_799_999_990_000), (#""1799999990""#, 1_799_999_990_000),
        (#""1799999990123""#, 1_799_999_990_123), ("0", 1_800_000_000_500), ("-1", 1_800_000_000_500), ("1e400", nil),
        ("9223372036854775807", 1_800_000_000_500), ("1.5", 1_800_000_000_500), ("null", 1_800_000_000_500), ("9999999999999", 1_800_000_000_500),
    ] as [(String, Int64?)]) func `tells seconds from milliseconds by their size`(_ row: (String, Int64?)) {
        let result = F.receive(item: #"{"sender":{"id":"1"},"timestamp":\#(row.0),"message":{"mid":"m","text":"a"}}"#)
        #expect(result.status == 200)
        #expect(result.events.first?.at.milliseconds == row.1)
    }

    @Test func `keeps to its own Page, and hears the standby channel`() {
        func receive(_ entry: String) -> [InboundEvent] { F.receive(Array("{\"object\":\"page\",\"entry\":[\(entry)]}".utf8)).events }
        let item = #"{\#(Self.who),"message":{"mid":"m_1","text":"STOP"}}"#
        #expect(receive(#"{"id":"1","messaging":[\#(item)]}"#).isEmpty)
        #expect(receive(#"{"id":"1234567890","standby":[\#(item)]}"#).count == 2)
        #expect(F.receive(Array(#"{"object":"instagram","entry":[{"id":"1234567890","messaging":[\#(item)]}]}"#.utf8)).events.isEmpty)
    }

    @Test func `gives an ad's window the length it is told`() {
        let page = F.page { $0.profile.adWindow = .seconds(7 * 86_400) }
        let result = F.receive(item: #"{\#(Self.who),"referral":{"source":"ADS"}}"#, page)
        #expect(result.events.map(\.kind) == [.message(text: nil, windowExpiresAt: Self.at + .seconds(7 * 86_400))])
    }

    @Test(arguments: [
        "", "{", "[]", "null", #"{"object":"page"}"#, #"{"object":"page","entry":{}}"#, #"{"object":"page","entry":[[],1,null,{"id":1}]}"#,
        #"{"object":"page","entry":[{"id":"1234567890","messaging":{}},{"id":"1234567890","messaging":[[],null,1,"a",{}]}]}"#,
        #"{"object":"page","object":"page"}"#,
    ]) func `accepts what is authentic and makes no sense`(_ body: String) {
        let result = F.receive(Array(body.utf8))
        #expect(result.status == 200 && result.events.isEmpty)
    }

    @Test func `survives hostile bodies`() {
        for seed in 1...300 { #expect(F.receive(SMSFixtures.noise(seed * 11, seed: UInt64(seed))).status == 200) }
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(F.receive(deep).status == 200)
        // Every byte of a real body changed in turn, signed anew.
        let body = Array(#"{"object":"page","entry":[{"id":"1234567890","messaging":[{\#(Self.who),"message":{"mid":"m_1","text":"Stop"}}]}]}"#.utf8)
        for index in body.indices {
            for byte in [0, UInt8(ascii: "\""), UInt8(ascii: "9"), 0xFF] {
                var broken = body
                broken[index] = byte
                #expect(F.receive(broken).status == 200)
            }
        }
    }
}
