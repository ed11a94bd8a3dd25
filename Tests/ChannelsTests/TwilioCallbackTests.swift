import Core
import OpenSSL
import SMS
import Testing

@Suite struct TwilioCallbackTests {
    typealias F = SMSFixtures

    static let hook = "https://push.example.com/hooks/sms-us"

    private func receive(_ fields: [(String, String)], url: String = hook, signature: String? = nil) -> CallbackResult {
        let body = fields.map { "\(escaped($0.0))=\(escaped($0.1))" }.joined(separator: "&")
        let signed = url + fields.sorted { $0.0 < $1.0 }.map { $0.0 + $0.1 }.joined()
        let valid = Base64.encode(HMAC.sha1(key: Array("12345".utf8), message: Array(signed.utf8)))
        let callback = Callback(method: "POST", url: url, query: F.query(url).map { ($0.key, $0.value) },
                                headers: [("x-twilio-signature", signature ?? valid)], body: Array(body.utf8))
        return SMSReceiver(F.twilio()).receive(callback, now: F.now)
    }

    private func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            byte.isASCIILetter || byte.isASCIIDigit ? String(Unicode.Scalar(byte))
                : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    @Test func `agrees with signatures computed elsewhere`() {
        // The first is the example of Twilio's "Validating requests"; all were checked with Python's hashlib.
        let call = [("Digits", "1234"), ("CallSid", "CA1234567890ABCDE"), ("To", "+18005551212"), ("Caller", "+14158675310"),
                    ("From", "+14158675310")]
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        #expect(receive(call, url: url, signature: "GvWf1cFY/Q7PnoempGyD5oXAezc=").status == 200)
        #expect(receive(call, url: url, signature: "GvWf1cFY/Q7PnoempGyD5oXAezd=").status == 403)
        let status = [("MessageSid", F.sid), ("MessageStatus", "delivered"), ("To", "+33612345678"), ("From", "+15005550006")]
        let result = receive(status, url: Self.hook + "?d=dlv_12", signature: "p72TzG3D2NtISVEY2Brs3prKGOw=")
        #expect(result.events == [
            InboundEvent(id: "\(F.sid)/delivered", kind: .status(.delivery(DeliveryID(rawValue: 12)), .delivered, detail: "delivered"),
                         address: nil, at: F.now),
        ])
        let inbound = [("MessageSid", F.sid), ("From", "+33612345678"), ("To", "+15005550006"), ("Body", "Arrêt svp")]
        #expect(receive(inbound, signature: "mTOLt65Y5mmJfdc4OEIFgFFMNPo=").events == [
            InboundEvent(id: F.sid, kind: .optOut(evidence: "Arrêt svp"), address: "+33612345678", at: F.now),
        ])
    }

    @Test func `refuses what is not signed, or signed for another URL`() {
        let fields = [("MessageSid", F.sid), ("MessageStatus", "delivered")]
        for signature in ["", "x", "GvWf1cFY/Q7PnoempGyD5oXAezc=", String(repeating: "A", count: 100_000)] {
            #expect(receive(fields, signature: signature).status == 403)
        }
        let callback = Callback(method: "POST", url: Self.hook, query: [], headers: [], body: [])
        #expect(SMSReceiver(F.twilio()).receive(callback, now: F.now).status == 403)
    }

    @Test(arguments: [
        ("accepted", DeliveryState.accepted), ("scheduled", .accepted), ("queued", .accepted), ("sending", .accepted),
        ("sent", .accepted), ("partially_delivered", .accepted), ("delivered", .delivered), ("read", .opened),
        ("undelivered", .rejected), ("failed", .rejected), ("canceled", .rejected),
    ]) func `maps every status`(_ row: (String, DeliveryState)) {
        let result = receive([("MessageSid", F.sid), ("MessageStatus", row.0)])
        #expect(result.events.map(\.kind) == [.status(.provider(F.sid), row.1, detail: row.0)])
    }

    @Test(arguments: [
        ("21610", InboundEvent.Kind.optOut(evidence: "Twilio 21610")), ("30005", .addressInvalid(detail: "failed 30005")),
        ("30006", .addressInvalid(detail: "failed 30006")), ("30002", .account(.blocked, detail: "failed 30002")),
        ("30024", .account(.warning, detail: "failed 30024")), ("30003", nil), ("30007", nil), ("99999", nil),
    ] as [(String, InboundEvent.Kind?)]) func `draws the consequence of an error code`(_ row: (String, InboundEvent.Kind?)) {
        let result = receive([("MessageSid", F.sid), ("MessageStatus", "failed"), ("ErrorCode", row.0), ("To", "+33612345678")])
        let status = InboundEvent.Kind.status(.provider(F.sid), .rejected, detail: "failed \(row.0)")
        #expect(result.events.map(\.kind) == [status] + (row.1.map { [$0] } ?? []))
    }

    @Test func `calls a message expired whose validity ran out`() {
        let result = receive([("MessageSid", F.sid), ("MessageStatus", "undelivered"), ("ErrorCode", "30036")])
        #expect(result.events.map(\.kind) == [.status(.provider(F.sid), .expired, detail: "undelivered 30036")])
    }

    @Test(arguments: [
        (nil, "Bonjour", InboundEvent.Kind.message(text: "Bonjour", windowExpiresAt: nil)),
        (nil, "STOP", .optOut(evidence: "STOP")), ("STOP", "pouce", .optOut(evidence: "pouce")),
        ("START", "go", .optIn(reference: "go", windowExpiresAt: nil)),
        ("HELP", "stop?", .message(text: "stop?", windowExpiresAt: nil)), ("NEW", "stop", .optOut(evidence: "stop")),
    ] as [(String?, String, InboundEvent.Kind)]) func `reads what people answer`(_ row: (String?, String, InboundEvent.Kind)) {
        let type = row.0.map { [("OptOutType", $0)] } ?? []
        let result = receive([("MessageSid", F.sid), ("From", "+33612345678"), ("Body", row.1)] + type)
        #expect(result.events.map(\.kind) == [row.2])
        #expect(result.contentType.hasPrefix("text/xml") && result.body == Array("<Response/>".utf8))
    }

    @Test(arguments: [
        [("MessageStatus", "delivered")], [("MessageStatus", "new_status"), ("MessageSid", F.sid)],
        [("MessageStatus", "delivered"), ("MessageSid", "../x")], [("From", "+33612345678"), ("Body", "a")],
        [("From", "whatsapp:+33612345678"), ("MessageSid", F.sid), ("Body", "STOP")], [],
    ]) func `lets pass what it does not understand`(_ fields: [(String, String)]) {
        let result = receive(fields)
        #expect(result.status == 200 && result.events.isEmpty)
    }
}
