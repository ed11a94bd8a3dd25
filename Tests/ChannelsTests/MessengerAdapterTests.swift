import Core
import Messenger
import Testing

@Suite struct MessengerAdapterTests {
    typealias F = MessengerFixtures

    @Test func `addresses the Page with its token and the proof`() throws {
        guard case .request(let request) = F.prepare(F.message("Bonjour")) else {
            Issue.record("must be sent")
            return
        }
        #expect(request.method == .POST)
        // HMAC-SHA256 with Python's hashlib: key "appsecret", message "EAAB-token".
        #expect(request.url == "https://graph.facebook.com/v25.0/1234567890/messages?appsecret_proof=23b064c967eac752862b236ef98b1934020e39b1fc0089858640b7cf619e5549")
        #expect(request.headers.map { "\($0.name): \($0.value)" } == ["Authorization: Bearer EAAB-token", "Content-Type: application/json"])
        let other = F.prepare(F.message("a"), F.page {
            $0.baseURL = "http://127.0.0.1:9/"
            $0.profile.apiVersion = "v26.0"
        })
        guard case .request(let request) = other else {
            Issue.record("must be sent")
            return
        }
        #expect(request.url.hasPrefix("http://127.0.0.1:9/v26.0/1234567890/messages?"))
    }

    @Test func `writes freely inside the window, promotion included`() throws {
        #expect(try F.body(F.prepare(F.message("C’est parti", title: "Bonjour Ana"))) == #"""
            {"recipient":{"id":"6543210987654321"},"messaging_type":"UPDATE","message":{"text":"Bonjour Ana\nC’est parti","metadata":"dlv_12"}}
            """#)
        #expect(try F.body(F.prepare(F.message("a"), to: "user_ref:u/1")).contains(#""recipient":{"user_ref":"u/1"}"#))
    }

    @Test func `makes the link a button while the text is short, a line when it is not`() throws {
        let url = "https://shop.example/vp"
        #expect(try F.body(F.prepare(F.message("Ici", url: url))).contains(#"""
            "message":{"attachment":{"type":"template","payload":{"template_type":"button","text":"Ici","buttons":[{"type":"web_url","url":"https://shop.example/vp","title":"Ouvrir"}]}},"metadata":"dlv_12"}
            """#))
        let long = String(repeating: "é", count: 641)
        #expect(try F.body(F.prepare(F.message(long, url: url))).contains("\"text\":\"\(long)\\n\(url)\""))
        #expect(try F.body(F.prepare(F.message("Ici", url: "shop://vp"))).contains(#""text":"Ici\nshop://vp""#))
        #expect(try F.body(F.prepare(F.message("Ici", url: url, language: "xx"))).contains(#""title":"Open""#))
        #expect(try F.body(F.prepare(F.message("Ici", url: url, options: ["button_title": "Voir"]))).contains(#""title":"Voir""#))
    }

    @Test func `refuses more text than Meta takes`() throws {
        _ = try F.body(F.prepare(F.message(String(repeating: "a", count: 2_000))))
        #expect(F.reason(F.prepare(F.message(String(repeating: "a", count: 2_001)))) == .payloadTooLarge)
        #expect(F.reason(F.prepare(F.message(String(repeating: "a", count: 1_990), url: "https://x.example/"))) == .payloadTooLarge)
        #expect(F.reason(F.prepare(F.message(""))) == .languageMissing)
    }

    @Test func `hands quick replies and the notification type on`() throws {
        let options: JSONObject = ["quick_replies": [["title": "Oui", "payload": "YES"], ["content_type": "user_email"]],
                                   "notification_type": "NO_PUSH"]
        let body = try F.body(F.prepare(F.message("a", options: options)))
        #expect(body.contains(#""quick_replies":[{"title":"Oui","payload":"YES","content_type":"text"},{"content_type":"user_email"}]"#))
        #expect(body.hasSuffix(#""notification_type":"NO_PUSH"}"#))
    }

    static let template: JSONObject = ["utility_template": [
        "name": "order_update", "language": "fr",
        "components": [["type": "body", "parameters": [
            ["type": "text", "text": "fixe"], ["field": "body", "parameter_name": "what"], ["field": "data.order"],
        ]]],
    ]]

    @Test(arguments: [
        (Purpose.marketing, false, Reason.policyWindowClosed), (.transactional, false, .policyWindowClosed),
        (.service, false, .policyWindowClosed), (.marketing, true, .policyPurposeForbidden),
    ]) func `refuses outside the window`(_ row: (Purpose, Bool, Reason)) {
        let message = F.message("a", purpose: row.0, options: row.1 ? Self.template : [:], data: [("order", "A1")])
        for window in [nil, Duration.zero, .seconds(-1)] { #expect(F.reason(F.prepare(message, window: window)) == row.2) }
    }

    @Test(arguments: [Purpose.transactional, .service]) func `sends a utility template outside the window`(_ purpose: Purpose) throws {
        let message = F.message("expédiée", purpose: purpose, options: Self.template, data: [("order", "A1")])
        #expect(try F.body(F.prepare(message, window: nil)) == #"""
            {"recipient":{"id":"6543210987654321"},"messaging_type":"UTILITY","message":{"template":{"name":"order_update","language":{"code":"fr"},"components":[{"type":"body","parameters":[{"type":"text","text":"fixe"},{"type":"text","text":"expédiée","parameter_name":"what"},{"type":"text","text":"A1"}]}]},"metadata":"dlv_12"}}
            """#)
        #expect(try F.body(F.prepare(message, window: .seconds(1))).contains(#""messaging_type":"UPDATE""#))
        #expect(F.reason(F.prepare(F.message("a", purpose: purpose, options: Self.template), window: nil)) == .variableMissing)
    }

    @Test func `refuses what has expired, and strangers`() {
        #expect(F.reason(F.prepare(F.message("a", expiresAt: F.now))) == .expired)
        let stranger = MessengerAdapter(F.page()).prepare(F.message("a"), to: Recipient(address: .fcm(token: "t")), now: F.now)
        #expect(F.reason(stranger) == .subscriptionInvalid)
        #expect(MessengerAdapter(F.page()).deliveryClass == .atMostOnce)
    }
}
