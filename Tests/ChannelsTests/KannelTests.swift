import Core
import OpenSSL
import SMS
import Testing

/// The SMS channel against a real gateway: Kannel, with fakesmsc as the operator.
@Suite(.serialized) struct KannelTests {
    typealias F = SMSFixtures

    static let token = "0123456789abcdef"

    /// Runs a test with a gateway whose reports and replies come to a listener.
    private func withGateway(_ arguments: [String] = [], _ body: (KannelRig, CallbackListener, SMSAccount) throws -> Void) throws {
        let listener = try CallbackListener()
        let reply = "\(listener.url)/hooks/sms-fr?token=\(Self.token)&from=%p&to=%P&text=%a&coding=%c&charset=%C&id=%I&at=%T"
        let rig = try KannelRig(["--mo-url", reply] + arguments)
        defer { rig.stop() }
        let settings = KannelSettings(baseURL: rig.sendsmsURL, username: "tester", password: "foobar", inboundToken: Self.token)
        let account = SMSAccount(name: "sms-fr", provider: .kannel(settings), sender: "SHOP", publicURL: listener.url,
                                 callbackSecret: F.secret)
        try body(rig, listener, account)
    }

    struct Row {
        let text: String
        let kind: String
        /// Septets or UTF-16 units of each part, padding included.
        let sizes: [Int]
    }

    static let rows = [
        Row(text: "Déjà là, où ? Été à Évry : ñ Ü", kind: "text", sizes: [30]),
        Row(text: "Garçon, forêt, cœur", kind: "ucs-2", sizes: [19]),
        Row(text: "Prix : 12 € {promo} [100 %] & + ~", kind: "text", sizes: [39]),
        Row(text: "Bravo 🎉", kind: "ucs-2", sizes: [8]),
        Row(text: String(repeating: "Éclair à 2 €. ", count: 24), kind: "data", sizes: [153, 153, 54]),
        Row(text: String(repeating: "😀", count: 36), kind: "data", sizes: [67, 6]),
        Row(text: String(repeating: "ça va ? ", count: 20), kind: "data", sizes: [67, 67, 26]),
    ]

    @Test func `carries every text unharmed and settles it by the gateway's reports`() throws {
        try withGateway { rig, listener, account in
            let adapter = SMSAdapter(account)
            for (index, row) in Self.rows.enumerated() {
                var message = F.message(row.text, expiresAt: F.now + .seconds(3_600))
                message.delivery = DeliveryID(rawValue: Int64(100 + index))
                guard case .request(let request) = adapter.prepare(message, to: try F.recipient(), now: F.now) else {
                    Issue.record("refused: \(row.text)")
                    continue
                }
                #expect(adapter.outcome(of: try KannelRig.send(request), now: F.now) == .accepted(providerID: nil))
            }
            for row in Self.rows { try expectParts(row, rig) }
            try expectReports(of: Self.rows.indices.map { DeliveryID(rawValue: Int64(100 + $0)) }, listener, account)
        }
    }

    private func expectParts(_ row: Row, _ rig: KannelRig) throws {
        var text = ""
        for (index, size) in row.sizes.enumerated() {
            let part = try rig.received()
            #expect(part["from"]?.string == "SHOP" && part["to"]?.string == "+33612345678")
            #expect(part["kind"]?.string == row.kind)
            let udh = part["udh"]?.string
            if row.sizes.count > 1 {
                // 3GPP TS 23.040 section 9.2.3.24.1: an 8-bit reference, how many parts, which one.
                #expect(udh?.hasPrefix("050003") == true && udh?.hasSuffix("0\(row.sizes.count)0\(index + 1)") == true)
            } else {
                #expect(udh == nil)
            }
            let bytes = try #require(Hex.decode(part["data"]?.string ?? ""))
            let isGSM = GSM7.canWrite(row.text)
            let piece = isGSM ? String(decoding: bytes, as: UTF8.self) : Self.utf16(bytes)
            #expect((isGSM ? SMSSegments(of: piece, in: .gsm7).sizes[0] : bytes.count / 2) == size)
            // No part begins or ends with half a character.
            #expect(!piece.unicodeScalars.contains("\u{FFFD}"))
            text += piece
        }
        #expect(text.replacing("\u{200B}", with: "") == row.text)
    }

    private static func utf16(_ bytes: [UInt8]) -> String {
        let units = stride(from: 0, to: bytes.count & ~1, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        return String(decoding: units, as: UTF16.self)
    }

    /// The gateway reports per message, not per part: taken over by the operator, and delivered, in either order.
    private func expectReports(of deliveries: [DeliveryID], _ listener: CallbackListener, _ account: SMSAccount) throws {
        var states: [DeliveryID: Set<DeliveryState>] = [:]
        for _ in 0..<2 * deliveries.count {
            let result = SMSReceiver(account).receive(try listener.next(), now: F.now)
            #expect(result.status == 200)
            guard case .status(.delivery(let delivery), let state, _) = result.events.first?.kind else {
                Issue.record("no report: \(result)")
                return
            }
            states[delivery, default: []].insert(state)
        }
        #expect(states == Dictionary(uniqueKeysWithValues: deliveries.map { ($0, [.accepted, .delivered]) }))
    }

    @Test(arguments: [[], ["--no-mo-recode"]]) func `hears what people answer`(_ arguments: [String]) throws {
        try withGateway(arguments) { rig, listener, account in
            let replies: [(String, String, InboundEvent.Kind)] = [
                ("33612345678 36111 text STOP", "+33612345678", .optOut(evidence: "STOP")),
                ("+33612345678 36111 text Arrêt, merci à vous", "+33612345678", .optOut(evidence: "Arrêt, merci à vous")),
                ("0033687654321 36111 text Oui", "+33687654321", .optIn(reference: "Oui", windowExpiresAt: nil)),
                ("33612345678 36111 ucs2 %00D%00%E9%00s%00a%00b%00o%00n%00n%00e%00r%00+%D8%3D%DE%00", "+33612345678", .optOut(evidence: "Désabonner 😀")),
                ("33612345678 36111 text Merci & à bientôt", "+33612345678", .message(text: "Merci & à bientôt", windowExpiresAt: nil)),
            ]
            var ids: Set<String> = []
            for (line, address, kind) in replies {
                try rig.reply(line)
                let result = SMSReceiver(account).receive(try listener.next(), now: F.now)
                #expect(result.status == 200 && result.body.isEmpty)
                #expect(result.events.map(\.kind) == [kind])
                #expect(result.events.map(\.address) == [address])
                ids.formUnion(result.events.map(\.id))
            }
            #expect(ids.count == replies.count)
        }
    }

    @Test func `tells a wrong password and a wrong path from a bad recipient`() throws {
        try withGateway { rig, _, account in
            func outcome(_ change: (inout KannelSettings) -> Void) throws -> Outcome {
                var settings = KannelSettings(baseURL: rig.sendsmsURL, username: "tester", password: "foobar")
                change(&settings)
                var account = account
                account.provider = .kannel(settings)
                let request = try F.request(account, F.message("a"))
                return SMSAdapter(account).outcome(of: try KannelRig.send(request), now: F.now)
            }
            #expect(try outcome { $0.password = "wrong" } == .configuration(detail: "403 authorization failed"))
            #expect(try outcome { $0.baseURL += "x" } == .configuration(detail: "404 base_url is not the sendsms URL"))
            var request = try F.request(account, F.message("a"))
            request.url = request.url.replacing("%2B33612345678", with: "somebody")
            #expect(SMSAdapter(account).outcome(of: try KannelRig.send(request), now: F.now).word == "rejected")
        }
    }

    @Test func `keeps line ends`() throws {
        try withGateway { rig, _, account in
            let request = try F.request(account, F.message("Bonjour,\nà demain"))
            #expect(SMSAdapter(account).outcome(of: try KannelRig.send(request), now: F.now) == .accepted(providerID: nil))
            #expect(try rig.received()["data"]?.string == Hex.encode(Array("Bonjour,".utf8)))
            let rest = try rig.received()
            #expect(rest["kind"]?.string == "continuation")
            #expect(rest["data"]?.string == Hex.encode(Array("à demain".utf8)))
        }
    }

    @Test func `records what the operator refuses, at once or later`() throws {
        let operation = try CallbackListener()
        let arguments = ["--operator-url", "\(operation.url)/send?to=%p&from=%P&text=%b"]
        try withGateway(arguments) { rig, listener, account in
            func send(_ id: Int64, answering answer: String) throws {
                var message = F.message("a")
                message.delivery = DeliveryID(rawValue: id)
                let reply = try KannelRig.send(try F.request(account, message))
                #expect(SMSAdapter(account).outcome(of: reply, now: F.now) == .accepted(providerID: nil))
                #expect(try operation.next(answering: answer).query("to") == "+33612345678")
            }
            func report() throws -> InboundEvent.Kind? {
                SMSReceiver(account).receive(try listener.next(), now: F.now).events.first?.kind
            }
            try send(1, answering: "refused: barred")
            #expect(try report() == .status(.delivery(DeliveryID(rawValue: 1)), .rejected, detail: "16 NACK/refused:"))
            try send(2, answering: "taken: id-7")
            #expect(try report() == .status(.delivery(DeliveryID(rawValue: 2)), .accepted, detail: "8 ACK/"))
            // The operator's receipt comes to the gateway's own port, with our sender and the recipient.
            let port = try #require(rig.ready["smsc_port"]?.int)
            let receipt = "http://127.0.0.1:\(port)/sms?username=operator&password=foobar&dlr-mask=2&dlr-mid=id-7"
                + "&from=SHOP&to=%2B33612345678&text=stat%3AUNDELIV+err%3A027"
            #expect(try KannelRig.send(OutboundRequest(.GET, receipt)).status == 202)
            #expect(try report() == .status(.delivery(DeliveryID(rawValue: 2)), .rejected, detail: "2 stat:UNDELIV err:027"))
        }
    }
}
