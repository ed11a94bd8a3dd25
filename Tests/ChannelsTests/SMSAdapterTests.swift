import Core
import SMS
import Testing

@Suite struct SMSAdapterTests {
    typealias F = SMSFixtures

    @Test func `asks Kannel for a report that names the delivery`() throws {
        let request = try F.request(F.kannel(), F.message("Déjà vu & 100 % {€}"))
        #expect(request.method == .GET)
        #expect(request.url.hasPrefix("http://127.0.0.1:13013/cgi-bin/sendsms?username=tester&password=foo%26bar&from=SHOP&to=%2B33612345678"))
        let query = F.query(request.url)
        #expect(query["text"] == "Déjà vu & 100 % {€}")
        #expect(query["coding"] == "0")
        #expect(query["charset"] == "UTF-8")
        #expect(query["dlr-mask"] == "31")
        #expect(query["validity"] == nil)
        // HMAC-SHA256 with Python's hashlib: key 32 × 07, message "clairon sms delivery report\0sms-fr\0dlv_12", 16 bytes.
        #expect(query["dlr-url"]
            == "https://push.example.com/hooks/sms-fr?d=dlv_12&k=d9b9308459b3a6ddff88b88f31bc1084&s=%d&t=%T&f=%F&a=%A")
        #expect(request.url.contains("s%3D%25d%26t%3D%25T"))
    }

    @Test func `doubles a percent sign that is ours in Kannel's report URL`() throws {
        var account = F.kannel()
        account.account = Account(name: "sms fr", channel: .sms)
        let url = try #require(F.query(try F.request(account, F.message("a")).url)["dlr-url"])
        #expect(url.hasPrefix("https://push.example.com/hooks/sms%%20fr?d="))
    }

    @Test(arguments: [("ç", "2"), ("é", "0"), ("😀", "2"), ("Ж", "2"), ("e\u{301}", "0"), ("l’été", "2")])
    func `chooses the coding itself`(_ row: (String, String)) throws {
        #expect(F.query(try F.request(F.kannel(), F.message(row.0)).url)["coding"] == row.1)
    }

    @Test func `follows the encoding policy of the content before the account's`() throws {
        let gsm = F.kannel { $0.encodingPolicy = .gsmOnly }
        let query = F.query(try F.request(gsm, F.message("Garçon’s 😀")).url)
        #expect(query["coding"] == "0")
        #expect(query["text"] == "Garcon's ")
        #expect(F.query(try F.request(gsm, F.message("a", options: ["encoding_policy": "ucs2"])).url)["coding"] == "2")
        guard case .refused(.payloadTooLarge, let detail) = try F.prepare(gsm, F.message("Привет")) else {
            Issue.record("must be refused")
            return
        }
        #expect(detail.contains("U+41F"))
    }

    @Test func `refuses more parts than allowed`() throws {
        let six = F.message(String(repeating: "a", count: 6 * 153))
        let seven = F.message(String(repeating: "a", count: 6 * 153 + 1))
        _ = try F.request(F.kannel(), six)
        guard case .refused(.payloadTooLarge, let detail) = try F.prepare(F.kannel(), seven) else {
            Issue.record("must be refused")
            return
        }
        #expect(detail == "7 gsm7 segments, at most 6")
        _ = try F.request(F.kannel(), F.message(seven.body, options: ["max_segments": 7]))
        guard case .refused(.payloadTooLarge, _) = try F.prepare(F.kannel(), F.message("ç" + String(repeating: "a", count: 402)))
        else {
            Issue.record("must be refused")
            return
        }
    }

    @Test func `appends the stop clause to marketing that lacks it, and the link when asked to`() throws {
        let account = F.kannel { $0.stopClause = "STOP 36111" }
        func text(_ message: Message) throws -> String? { F.query(try F.request(account, message).url)["text"] }
        #expect(try text(F.message("Soldes", purpose: .marketing)) == "Soldes\nSTOP 36111")
        #expect(try text(F.message("Soldes, stop au 36111", purpose: .marketing)) == "Soldes, stop au 36111")
        #expect(try text(F.message("Non-stopping", purpose: .marketing)) == "Non-stopping\nSTOP 36111")
        #expect(try text(F.message("Code 1234")) == "Code 1234")
        #expect(try text(F.message("Ici", options: ["append_url": true], url: "https://x.example/a")) == "Ici\nhttps://x.example/a")
        #expect(try text(F.message("Ici https://x.example/a", options: ["append_url": true], url: "https://x.example/a"))
            == "Ici https://x.example/a")
    }

    @Test func `turns the time to live into a validity and refuses what has none left`() throws {
        func validity(_ account: SMSAccount, _ wait: Duration) throws -> String? {
            let request = try F.request(account, F.message("a", expiresAt: F.now + wait))
            return F.query(request.url)["validity"] ?? F.fields(String(decoding: request.body, as: UTF8.self))["ValidityPeriod"]
        }
        #expect(try validity(F.kannel(), .seconds(3_600)) == "60")
        #expect(try validity(F.kannel(), .seconds(5)) == "1")
        #expect(try validity(F.kannel(), .seconds(100_000_000)) == "10080")
        #expect(try validity(F.twilio(), .seconds(600)) == "600")
        #expect(try validity(F.twilio(), .seconds(100_000)) == "36000")
        guard case .refused(.expired, _) = try F.prepare(F.kannel(), F.message("a", expiresAt: F.now)) else {
            Issue.record("must be refused")
            return
        }
    }

    @Test func `refuses a message without a text, and an address that is no number`() throws {
        guard case .refused(.languageMissing, _) = try F.prepare(F.kannel(), F.message("")) else {
            Issue.record("must be refused")
            return
        }
        let stranger = SMSAdapter(F.kannel()).prepare(F.message("a"), to: Recipient(address: .fcm(token: "t")), now: F.now)
        guard case .refused(.subscriptionInvalid, _) = stranger else {
            Issue.record("must be refused")
            return
        }
    }

    @Test func `posts a signed form to Twilio`() throws {
        let request = try F.request(F.twilio(), F.message("Garçon & co"))
        #expect(request.method == .POST)
        #expect(request.url
            == "https://api.twilio.com/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json")
        #expect(request.headers.first?.value
            == "Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjoxMjM0NQ==")
        let form = F.fields(String(decoding: request.body, as: UTF8.self))
        #expect(form == ["To": "+33612345678", "From": "+15005550006", "Body": "Garçon & co",
                         "StatusCallback": "https://push.example.com/hooks/sms-us?d=dlv_12"])
    }

    @Test func `uses Twilio's API key and messaging service when given`() throws {
        let account = F.twilio {
            $0.apiKey = ("SK1", "s3cret")
            $0.messagingServiceSID = "MG1"
        }
        let request = try F.request(account, F.message("a"))
        #expect(request.headers.first?.value == "Basic U0sxOnMzY3JldA==")
        let form = F.fields(String(decoding: request.body, as: UTF8.self))
        #expect(form["MessagingServiceSid"] == "MG1")
        #expect(form["From"] == nil)
    }

    @Test func `writes numbers as the gateway wants them`() throws {
        for (format, wanted) in [(KannelSettings.NumberFormat.plus, "+33612345678"), (.digits, "33612345678"),
                                 (.doubleZero, "0033612345678")] {
            var settings = KannelSettings(baseURL: "http://127.0.0.1/", username: "u", password: "p")
            settings.numberFormat = format
            let account = F.kannel { $0.provider = .kannel(settings) }
            #expect(F.query(try F.request(account, F.message("a")).url)["to"] == wanted)
        }
    }

    @Test func `never promises more than at most once`() {
        #expect(SMSAdapter(F.kannel()).deliveryClass == .atMostOnce)
    }
}
