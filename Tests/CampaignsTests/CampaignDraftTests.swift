import Campaigns
import Core
import Segmentation
import Testing

@Suite struct CampaignDraftTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let json: String
        let problems: [String]

        init(_ json: String, _ problems: String...) { (self.json, self.problems) = (json, problems) }

        var testDescription: String { json }
    }

    static let refused = [
        Case("[]", " wrong_type"),
        Case("{}", "/name missing"),
        Case(#"{"name":""}"#, "/name invalid_value"),
        Case(#"{"name":7}"#, "/name wrong_type"),
        Case(#"{"name":null}"#, "/name wrong_type"),
        Case(#"{"name":"x","nmae":"y"}"#, "/nmae unknown_field"),
        Case(#"{"name":"x","state":"running"}"#, "/state unknown_field"),
        Case(#"{"name":"x","purpose":"fun"}"#, "/purpose invalid_value"),
        Case(#"{"name":"x","channels":"apns"}"#, "/channels wrong_type"),
        Case(#"{"name":"x","channels":["apns","pigeon"]}"#, "/channels/1 invalid_value"),
        Case(#"{"name":"x","channels":["line"]}"#, "/channels/0 unsupported"),
        Case(#"{"name":"x","channels":["sms","sms"]}"#, "/channels/1 invalid_value"),
        Case(#"{"name":"x","strategy":"some"}"#, "/strategy invalid_value"),
        Case(#"{"name":"x","strategy":"fallback"}"#, "/strategy unsupported"),
        Case(#"{"name":"x","audience":{"tga":"vip"}}"#, "/audience/tga unknown_condition"),
        Case(#"{"name":"x","audience":{"tag":"vip","tier":1}}"#, "/audience/tier unknown_field"),
        Case(#"{"name":"x","exclude":{"and":[{"tag":"a"},{"segment":"one"}]}}"#, "/exclude/and/1/segment invalid_value"),
        Case(#"{"name":"x","schedule":{"at":"tomorrow"}}"#, "/schedule/at invalid_value"),
        Case(#"{"name":"x","schedule":{}}"#, "/schedule/at missing"),
        Case(#"{"name":"x","schedule":{"at":"now","zone":"UTC"}}"#, "/schedule/zone unknown_field"),
        Case(#"{"name":"x","ttl":"4h"}"#, "/ttl invalid_value"),
        Case(#"{"name":"x","ttl":"P29D"}"#, "/ttl out_of_range"),
        Case(#"{"name":"x","rate":{"per_second":0}}"#, "/rate/per_second out_of_range"),
        Case(#"{"name":"x","rate":{"per_second":1.5}}"#, "/rate/per_second wrong_type"),
        Case(#"{"name":"x","if_late":"maybe"}"#, "/if_late invalid_value"),
        Case(#"{"name":"x","content":{"default_language":"fr","fr":{"body":"Bonjour {{ profile.first_name "}}}"#, "/content/fr/body template_syntax"),
        Case(#"{"name":"x","content":{"default_language":"fr","fr":{"titel":"a","body":"b"}}}"#, "/content/fr/titel unknown_field"),
        Case(#"{"name":"x","channels":["apns"],"content":{"default_language":"fr","fr":{"body":"b"},"channels":{"apns":{"bad":1}}}}"#,
             "/content/channels/apns/bad unknown_field"),
        Case(#"{"nmae":"x","purpose":1,"ttl":false}"#, "/name missing", "/purpose wrong_type", "/ttl wrong_type", "/nmae unknown_field"),
    ]

    @Test(arguments: refused) func `names every wrong place`(_ row: Case) throws {
        let reading = try Reading(row.json)
        #expect(reading.draft == nil)
        #expect(reading.problems == row.problems)
    }

    @Test func `a name is enough, and the rest has its defaults`() throws {
        let reading = try Reading(#"{"name":"x"}"#)
        let draft = try #require(reading.draft)
        #expect(draft.purpose == .marketing && draft.strategy == .all && draft.schedule == .now && draft.ifLate == .skip)
        #expect(draft.audience == nil && draft.exclude == nil && draft.channels.isEmpty && draft.content == nil)
        #expect(draft.ttl == nil && draft.ratePerSecond == nil)
    }

    @Test func `keeps what was written`() throws {
        let reading = try Reading(#"""
            {"name":"x","purpose":"service","audience":{"tag":"vip"},"exclude":{"country":"FR"},"channels":["sms","apns"],
             "strategy":"first_reachable","schedule":{"at":"2026-03-01T09:00:00+01:00"},"ttl":"PT4H","rate":{"per_second":500},"if_late":"send"}
            """#)
        let draft = try #require(reading.draft)
        #expect(draft.audience == .tag(["vip"]) && draft.exclude == .country(["FR"]) && draft.channels == [.sms, .apns])
        #expect(draft.purpose == .service && draft.strategy == .firstReachable && draft.ifLate == .send)
        #expect(Timestamp(rfc3339: "2026-03-01T08:00:00Z").map { draft.schedule == .at($0) } == true)
        #expect(draft.ttl == .seconds(4 * 3_600) && draft.ratePerSecond == 500)
    }

    @Test func `a misspelt word brings the one that was meant`() throws {
        #expect(try Reading(#"{"nam":"x"}"#).errors.last?.detail.contains("did you mean \"name\"?") == true)
        #expect(try Reading(#"{"name":"x","channels":["apms"]}"#).errors.first?.detail.contains("did you mean \"apns\"?") == true)
    }
}
