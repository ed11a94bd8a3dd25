import Core
import SMS
import Testing

@Suite struct SMSRulesTests {
    typealias F = SMSFixtures

    @Test func `takes E.164 and nothing else`() {
        let errors = FieldErrors()
        #expect(SMSRules().address(from: "+33612345678", at: "/address", errors: errors)?.identity == "+33612345678")
        #expect(errors.isEmpty)
        for wrong: JSONValue in ["0612345678", "+33 6 12", "33612345678", "", "+0612345678", "+٣٣٦١٢٣٤٥", 33_612_345_678, nil, [:]] {
            let errors = FieldErrors()
            #expect(SMSRules().address(from: wrong, at: "/address", errors: errors) == nil)
            #expect(errors.list.count == 1 && errors.list[0].pointer == "/address")
        }
        _ = SMSRules().address(from: "0612345678", at: "/address", errors: errors)
        #expect(errors.list.first?.detail.contains("+33612345678") == true)
    }

    @Test func `checks the options`() {
        func problems(_ options: JSONObject) -> [String] {
            let errors = FieldErrors()
            SMSRules().checkOptions(options, at: "/o", errors: errors)
            return errors.list.map { "\($0.pointer) \($0.code)" }
        }
        #expect(problems(["encoding_policy": "gsm_only", "max_segments": 3, "append_url": true]).isEmpty)
        #expect(problems(["encoding_policy": "gsm", "max_segments": 0, "append_url": 1, "encodng": 1]) == [
            "/o/encoding_policy invalid_value", "/o/max_segments out_of_range", "/o/append_url wrong_type", "/o/encodng unknown_field",
        ])
    }

    @Test func `finds every fault of an account at once`() {
        let errors = FieldErrors()
        F.kannel().check(at: "/accounts/sms-fr", errors: errors)
        F.twilio().check(at: "/accounts/sms-us", errors: errors)
        #expect(errors.isEmpty)
        var account = SMSAccount(
            name: "x", provider: .kannel(KannelSettings(baseURL: "ftp://x", username: "", password: "", inboundToken: "short")),
            sender: "Boutique Très", publicURL: "push.example.com", callbackSecret: [1])
        account.stopClause = "arrêt"
        account.profile.maxSegments = 0
        account.check(at: "/a", errors: errors)
        #expect(errors.list.map(\.pointer) == [
            "/a/sender", "/a/public_url", "/a/callback_secret_file", "/a/stop_clause", "/a/max_segments", "/a/base_url",
            "/a/username", "/a/inbound_token_file",
        ])
    }

    @Test(arguments: [("SHOP", true), ("AB", false), ("ABCDEFGHIJK", true), ("ABCDEFGHIJKL", false), ("36111", true),
                      ("12", false), ("+33937000000", true), ("Été", false), ("A&B-C.", true), ("", false)])
    func `knows a sender`(_ row: (String, Bool)) {
        let errors = FieldErrors()
        F.kannel(sender: row.0).check(at: "", errors: errors)
        #expect(errors.isEmpty == row.1)
    }
}
