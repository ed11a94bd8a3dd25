import Core
import SMS
import Testing

@Suite struct KannelCallbackTests {
    typealias F = SMSFixtures

    static let token = "d9b9308459b3a6ddff88b88f31bc1084"
    static let inbound = "/hooks/sms-fr?token=0123456789abcdef"

    private func receive(_ target: String, _ account: SMSAccount = F.kannel()) -> CallbackResult {
        SMSReceiver(account).receive(F.get(target), now: F.now)
    }

    @Test(arguments: [(1, DeliveryState.delivered), (2, .rejected), (8, .accepted), (16, .rejected)])
    func `takes the report of a delivery`(_ row: (Int, DeliveryState)) {
        let result = receive("/hooks/sms-fr?d=dlv_12&k=\(Self.token)&s=\(row.0)&t=1799999999&f=5652c499&a=NACK%2F69%2Fbad+number")
        #expect(result.status == 200 && result.body.isEmpty)
        #expect(result.events == [
            InboundEvent(id: "dlv_12/\(row.0)", kind: .status(.delivery(DeliveryID(rawValue: 12)), row.1, detail: "\(row.0) NACK/69/bad"),
                         address: nil, at: .seconds(1_799_999_999)),
        ])
    }

    @Test(arguments: ["4", "0", "3", "99", "", "-1", "%31%00", "999999999999999999999"])
    func `lets a report pass that says nothing`(_ bit: String) {
        let result = receive("/hooks/sms-fr?d=dlv_12&k=\(Self.token)&s=\(bit)&t=x")
        #expect(result.status == 200 && result.events.isEmpty)
    }

    @Test(arguments: [
        "d=dlv_12", "d=dlv_12&k=", "d=dlv_13&k=\(token)", "d=dlv_12&k=\(token)0", "d=dlv_12&k=\(token.uppercased())",
        "d=dlv_0&k=\(token)", "d=&k=\(token)", "d=%FF&k=\(token)",
    ]) func `refuses a forged report`(_ query: String) {
        let result = receive("/hooks/sms-fr?\(query)&s=1")
        #expect(result.status == 403 && result.events.isEmpty)
    }

    @Test func `makes a token good for one account only`() {
        var other = F.kannel()
        other.account = Account(name: "sms-be", channel: .sms)
        #expect(receive("/hooks/sms-be?d=dlv_12&k=\(Self.token)&s=1", other).status == 403)
    }

    @Test func `keeps what a receipt quotes of the message out of the ledger`() {
        let receipt = "id:1+sub:001+dlvrd:000+submit+date:2601010000+stat:UNDELIV+err:001+text:Cher+Paul"
        let result = receive("/hooks/sms-fr?d=dlv_12&k=\(Self.token)&s=2&t=1&a=\(receipt)")
        guard case .status(_, .rejected, let detail) = result.events.first?.kind else {
            Issue.record("must be a status")
            return
        }
        #expect(detail == "2 stat:UNDELIV err:001")
    }

    @Test(arguments: [
        ("from=%2B33612345678&text=Stop+merci+%C3%A0+vous", InboundEvent.Kind.optOut(evidence: "Stop merci à vous")),
        ("from=33612345678&text=STOP", .optOut(evidence: "STOP")),
        ("from=0033612345678&text=Oui", .optIn(reference: "Oui", windowExpiresAt: nil)),
        ("from=+33612345678&text=Merci+%F0%9F%98%80", .message(text: "Merci 😀", windowExpiresAt: nil)),
        ("from=%2B33612345678&text=arr%EAt", .optOut(evidence: "arrêt")),
        ("from=%2B33612345678&coding=2&charset=UTF-16BE&text=%00S%00t%00o%00p%00+%D8%3D%DE%00", .optOut(evidence: "Stop 😀")),
        ("from=%2B33612345678&coding=2&charset=UTF-16BE&text=%00S%00t%00o%00p%00+%D8%3D%00", .optOut(evidence: "Stop \u{FFFD}")),
        ("from=%2B33612345678&text=", .message(text: "", windowExpiresAt: nil)),
    ]) func `reads what people answer`(_ row: (String, InboundEvent.Kind)) {
        let result = receive("\(Self.inbound)&to=36111&id=7b0c&at=1799999000&\(row.0)")
        #expect(result.status == 200 && result.body.isEmpty)
        #expect(result.events == [InboundEvent(id: "mo/7b0c", kind: row.1, address: "+33612345678", at: .seconds(1_799_999_000))])
    }

    @Test func `completes national senders when it knows the country`() {
        #expect(receive("\(Self.inbound)&from=0612345678&text=stop").events.isEmpty)
        var settings = KannelSettings(baseURL: "http://127.0.0.1/", username: "u", password: "p", inboundToken: "0123456789abcdef")
        settings.countryCode = "33"
        let account = F.kannel { $0.provider = .kannel(settings) }
        #expect(receive("\(Self.inbound)&from=0612345678&text=stop", account).events.first?.address == "+33612345678")
    }

    @Test func `lets nobody speak for others without the token`() {
        for query in ["", "token=", "token=0123456789abcdeF", "token=0123456789abcdef0", "Token=0123456789abcdef"] {
            #expect(receive("/hooks/sms-fr?\(query)&from=%2B33612345678&text=STOP").status == 403)
        }
        let closed = F.kannel { $0.provider = .kannel(KannelSettings(baseURL: "http://127.0.0.1/", username: "u", password: "p")) }
        #expect(receive("/hooks/sms-fr?token=&from=%2B33612345678&text=STOP", closed).status == 403)
    }

    @Test func `does not mistake a time to come for a time`() {
        for time in ["0", "1800000001", "99999999999999999", "x", "-5"] {
            #expect(receive("\(Self.inbound)&from=33612345678&text=a&id=1&at=\(time)").events.first?.at == F.now)
        }
    }

    @Test func `survives hostile calls`() {
        for seed in 1...300 {
            let noise = F.noise(seed * 3, seed: UInt64(seed))
            let text = String(decoding: noise, as: UTF8.self)
            for url in ["?" + text, "\(Self.inbound)&from=33612345678&coding=2&text=\(text)", "?d=dlv_12&k=\(Self.token)&s=1&t=\(text)&a=\(text)", text] {
                _ = SMSReceiver(F.kannel()).receive(Callback(method: "GET", url: url, query: [], headers: [], body: noise), now: F.now)
                let headers = [(name: "x-twilio-signature", value: text)]
                _ = SMSReceiver(F.twilio()).receive(Callback(method: "POST", url: url, query: [], headers: headers, body: noise), now: F.now)
            }
        }
        let huge = String(repeating: "a=%41&", count: 100_000)
        #expect(receive("\(Self.inbound)&\(huge)").status == 403)
        #expect(SMSReceiver(F.kannel()).receive(Callback(method: "POST", url: "", query: [], headers: [], body: []), now: F.now).status == 405)
    }
}
