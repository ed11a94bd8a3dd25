import Core
import Messenger
import Testing

@Suite struct MessengerRulesTests {
    private func problems(_ options: JSONObject) -> [String] {
        let errors = FieldErrors()
        MessengerRules().checkOptions(options, at: "", errors: errors)
        return errors.list.map { "\($0.pointer) \($0.code)" }
    }

    @Test func `takes a page-scoped id or a user_ref`() {
        let errors = FieldErrors()
        #expect(MessengerRules().address(from: "6543210987654321", at: "", errors: errors) == .messenger(psid: "6543210987654321"))
        #expect(MessengerRules().address(from: ["user_ref": "abc"], at: "", errors: errors) == .messenger(psid: "user_ref:abc"))
        #expect(errors.isEmpty)
        for wrong: JSONValue in ["", "12a", "user_ref:abc", 12, nil, [], [:], ["user_ref": ""], ["user_ref": 1], ["psid": "1"], "１２"] {
            let errors = FieldErrors()
            #expect(MessengerRules().address(from: wrong, at: "/address", errors: errors) == nil || !errors.isEmpty)
            #expect(!errors.isEmpty)
        }
    }

    @Test func `accepts what the adapter can send`() {
        #expect(problems(MessengerAdapterTests.template).isEmpty)
        #expect(problems(["quick_replies": [["title": "Oui", "payload": "YES"], ["content_type": "user_phone_number"]],
                          "notification_type": "SILENT_PUSH", "button_title": "Voir"]).isEmpty)
    }

    @Test(arguments: ["CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE", "SHIPPING_UPDATE", "HUMAN_AGENT", "NEWS"])
    func `refuses every tag and says what to use`(_ tag: String) {
        let errors = FieldErrors()
        MessengerRules().checkOptions(["tag": .string(tag)], at: "", errors: errors)
        #expect(errors.list.map(\.pointer) == ["/tag"])
        #expect(errors.list[0].detail.contains(tag == "HUMAN_AGENT" ? "person" : "utility_template"))
    }

    @Test func `points at every fault`() {
        #expect(problems(["messaging_type": "RESPONSE"]) == ["/messaging_type not_allowed"])
        #expect(problems(["quick_replies": .array(Array(repeating: ["title": "a", "payload": "b"], count: 14))]) == ["/quick_replies too_many"])
        #expect(problems(["quick_replies": [["title": "a title that is far too long"], ["content_type": "x"], 1]]) == [
            "/quick_replies/0/title too_long", "/quick_replies/0/payload missing", "/quick_replies/1/content_type invalid_value",
            "/quick_replies/2 wrong_type",
        ])
        #expect(problems(["button_title": "a title that is far too long", "notification_type": "LOUD", "foo": 1]) == [
            "/notification_type invalid_value", "/button_title invalid_value", "/foo unknown_field",
        ])
        #expect(problems(["utility_template": [:]]) == ["/utility_template/name missing", "/utility_template/language missing"])
        #expect(problems(["utility_template": ["name": "a", "language": "f r", "components": [
            ["type": "footer"], ["parameters": [["type": "image"], ["text": "a", "field": "body"], ["field": "colour"]]],
        ]]]) == [
            "/utility_template/language invalid_value", "/utility_template/components/0/type invalid_value",
            "/utility_template/components/1/type missing", "/utility_template/components/1/parameters/0/type invalid_value",
            "/utility_template/components/1/parameters/0 invalid_value", "/utility_template/components/1/parameters/1 invalid_value",
            "/utility_template/components/1/parameters/2/field invalid_value",
        ])
    }

    @Test func `finds every fault of an account at once`() {
        let errors = FieldErrors()
        MessengerFixtures.page().check(at: "/a", errors: errors)
        #expect(errors.isEmpty)
        var account = MessengerAccount(name: "x", pageID: "page", pageToken: "a b", appSecret: "", verifyToken: "\n")
        account.appID = "x"
        account.baseURL = "graph.facebook.com"
        account.profile.apiVersion = "25"
        account.check(at: "/a", errors: errors)
        #expect(errors.list.map(\.pointer) == [
            "/a/page_id", "/a/app_id", "/a/page_token_file", "/a/app_secret_file", "/a/verify_token_file", "/a/base_url", "/a/api_version",
        ])
    }
}
