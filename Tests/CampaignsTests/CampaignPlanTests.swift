import Campaigns
import Content
import Core
import Segmentation
import Testing

@Suite struct CampaignPlanTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let without: String
        let problems: [String]

        var testDescription: String { "without \(without)" }
    }

    static let incomplete = [
        Case(without: "audience", problems: ["/audience missing"]),
        Case(without: "channels", problems: ["/channels missing"]),
        Case(without: "content", problems: ["/content missing"]),
    ]

    private func plan(_ json: JSONValue, reachable: Set<Channel>) throws -> (plan: CampaignPlan?, problems: [String]) {
        let errors = FieldErrors()
        let draft = try #require(CampaignDraft(json, rules: AnyRules.all, errors: errors))
        let plan = CampaignPlan(draft, reachable: reachable, errors: errors)
        return (plan, errors.list.map { "\($0.pointer) \($0.code)" })
    }

    private var complete: JSONValue {
        get throws { try JSONValue(parsing: Array(Reading.complete.utf8)) }
    }

    @Test(arguments: incomplete) func `says what is missing for a launch`(_ row: Case) throws {
        var object = try #require(try complete.object)
        object[row.without] = nil
        let result = try plan(.object(object), reachable: [.apns, .sms])
        #expect(result.plan == nil && result.problems == row.problems)
    }

    @Test func `an empty draft misses everything at once`() throws {
        let result = try plan(["name": "x"], reachable: [])
        #expect(result.problems == ["/audience missing", "/channels missing", "/content missing"])
    }

    @Test func `each channel needs an account`() throws {
        let result = try plan(complete, reachable: [.apns])
        #expect(result.plan == nil && result.problems == ["/channels/1 no_account"])
    }

    @Test func `a complete draft becomes a plan with the same words`() throws {
        let plan = try #require(try plan(complete, reachable: [.apns, .sms, .fcm]).plan)
        #expect(plan.name == "Ventes privées" && plan.audience == .all && plan.channels == [.apns, .sms] && plan.schedule == .now)
        #expect(plan.content.languages(for: .sms) == ["fr"])
    }
}
