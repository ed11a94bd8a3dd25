import Core
import Segmentation
import Testing

@Suite struct ConditionParserTests {
    struct Case: CustomTestStringConvertible {
        let json: String
        let errors: [String]
        var testDescription: String { json }

        /// - Parameter errors: `pointer code`, in order.
        init(_ json: String, _ errors: String...) {
            self.json = json
            self.errors = errors
        }
    }

    @Test func `what is no statement is named, with what was meant`() {
        func details(_ json: JSONValue) -> [String] {
            let errors = FieldErrors()
            #expect(Condition(json, errors: errors) == nil)
            return errors.list.map(\.detail)
        }
        #expect(details(["attr": "tier", "op": "eq", "value": "gold"]) == ["\"attr\" is no statement; did you mean \"attribute\"?"])
        #expect(details(["nope": 1])[0].hasPrefix("\"nope\" is no statement; there are and, or, not, all, attribute, "))
    }

    static let refused: [Case] = [
        Case("null", " wrong_type"),
        Case("[]", " wrong_type"),
        Case("{}", " unknown_condition"),
        Case(#"{"op":"eq","value":1}"#, " unknown_condition"),
        Case(#"{"atribute":"tier","op":"eq","value":1}"#, "/atribute unknown_condition"),
        Case(#"{"op":"eq","x":1,"attr":"tier"}"#, "/attr unknown_condition"),
        Case(#"{"tag":"a","language":"fr"}"#, " ambiguous"),
        Case(#"{"tag":"a","extra":1}"#, "/extra unknown_field"),
        Case(#"{"and":[]}"#, "/and invalid_value"),
        Case(#"{"or":{}}"#, "/or wrong_type"),
        Case(#"{"not":3}"#, "/not wrong_type"),
        Case(#"{"all":false}"#, "/all invalid_value"),
        Case(#"{"and":[{"tag":""},{"not":{"tag":7}},{"or":[{"nope":1}]}]}"#,
             "/and/0/tag invalid_value", "/and/1/not/tag wrong_type", "/and/2/or/0/nope unknown_condition"),
        Case(#"{"attribute":"tier"}"#, "/op missing"),
        Case(#"{"attribute":"tier","value":1}"#, "/op missing"),
        Case(#"{"attribute":"","op":"is_set"}"#, "/attribute invalid_value"),
        Case(#"{"attribute":"tier","op":"eqq","value":1}"#, "/op invalid_value"),
        Case(#"{"attribute":"tier","op":"eq"}"#, "/value missing"),
        Case(#"{"attribute":"tier","op":"eq","value":null}"#, "/value wrong_type"),
        Case(#"{"attribute":"tier","op":"eq","value":[1]}"#, "/value wrong_type"),
        Case(#"{"attribute":"tier","op":"eq","value":"a\u0000b"}"#, "/value invalid_value"),
        Case(#"{"attribute":"tier","op":"in","value":[]}"#, "/value invalid_value"),
        Case(#"{"attribute":"tier","op":"in","value":["a",{},null]}"#, "/value/1 wrong_type", "/value/2 wrong_type"),
        Case(#"{"attribute":"tier","op":"gt","value":true}"#, "/value wrong_type"),
        Case(#"{"attribute":"tier","op":"between","value":[1]}"#, "/value invalid_value"),
        Case(#"{"attribute":"tier","op":"between","value":[1,"2"]}"#, "/value wrong_type"),
        Case(#"{"attribute":"tier","op":"between","value":[2,1]}"#, "/value out_of_range"),
        Case(#"{"attribute":"tier","op":"is_set","value":1}"#, "/value unknown_field"),
        Case(#"{"attribute":"tier","op":"starts_with","value":7}"#, "/value wrong_type"),
        Case(#"{"attribute":"d","op":"before","value":"yesterday"}"#, "/value invalid_value"),
        Case(#"{"attribute":"d","op":"within_last","value":"P1M"}"#, "/value invalid_value"),
        Case(#"{"attribute":"d","op":"anniversary_in","value":"PT5H"}"#, "/value out_of_range"),
        Case(#"{"attribute":"d","op":"anniversary_in","value":"P367D"}"#, "/value out_of_range"),
        Case(#"{"a/b~c":1,"tag":"x"}"#, "/a~1b~0c unknown_field"),
        Case(#"{"language":"français"}"#, "/language invalid_value"),
        Case(#"{"country":["FR","FRA"]}"#, "/country/1 invalid_value"),
        Case(#"{"country":[]}"#, "/country invalid_value"),
        Case(#"{"within":{"lat":91,"lon":0}}"#, "/within/lat out_of_range", "/within/radius_m missing"),
        Case(#"{"within":"Paris"}"#, "/within wrong_type"),
        Case(#"{"event":"e","count":{}}"#, "/count missing"),
        Case(#"{"event":"e","count":{"gte":-1}}"#, "/count/gte out_of_range"),
        Case(#"{"event":"e","count":{"atleast":1}}"#, "/count missing", "/count/atleast unknown_field"),
        Case(#"{"event":"e","sum":{"gte":"1"}}"#, "/sum/property missing", "/sum/gte wrong_type"),
        Case(#"{"event":"e","first":{}}"#, "/first missing"),
        Case(#"{"event":"e","last":{"within_last":7}}"#, "/last/within_last wrong_type"),
        Case(#"{"event":"e","within":"30 days","wher":1}"#, "/within invalid_value", "/wher unknown_field"),
        Case(#"{"event":"e","where":{"attribute":"a","op":"is_set"}}"#, "/where unknown_condition"),
        Case(#"{"event":"e","where":{"and":[{"property":"a","op":"gt"},{"property":"b","op":"is_set","x":1}]}}"#,
             "/where/and/0/value missing", "/where/and/1/x unknown_field"),
        Case(#"{"event":"e","where":{"or":[]}}"#, "/where/or invalid_value"),
        Case(#"{"subscribed":{"channel":"pigeon","topics":"x"}}"#, "/subscribed/channel invalid_value", "/subscribed/topics unknown_field"),
        Case(#"{"last_seen":{"op":"within_last"}}"#, "/last_seen/value missing"),
        Case(#"{"last_seen":{"op":"eq","value":1}}"#, "/last_seen/op invalid_value"),
        Case(#"{"app_version":{"op":"gte","value":"five"}}"#, "/app_version/value invalid_value"),
        Case(#"{"segment":"cmp_1"}"#, "/segment invalid_value"),
        Case(#"{"campaign":"cmp_1","state":"pending"}"#, "/state invalid_value"),
        Case(#"{"campaign":"cmp_1"}"#, "/state missing"),
        Case(#"{"bucket":{"from":50,"to":50}}"#, "/bucket/to out_of_range"),
        Case(#"{"bucket":{"from":0.001,"to":101}}"#, "/bucket/from invalid_value", "/bucket/to out_of_range"),
    ]

    @Test(arguments: refused) func `names every wrong place`(case: Case) throws {
        let errors = FieldErrors()
        let condition = try Condition(json(`case`.json), errors: errors)
        #expect(condition == nil)
        #expect(errors.list.map { "\($0.pointer) \($0.code)" } == `case`.errors)
    }

    @Test func `suggests the word that was meant`() throws {
        for (text, word) in [
            (#"{"atribute":"tier","op":"is_set"}"#, "attribute"),
            (#"{"attribute":"tier","op":"start_with","value":"x"}"#, "starts_with"),
            (#"{"attribute":"tier","op":"eq","value":1,"valeu":1}"#, "value"),
            (#"{"subscribed":{"channel":"apn"}}"#, "apns"),
        ] {
            let errors = FieldErrors()
            _ = try Condition(json(text), errors: errors)
            #expect(errors.list.contains { $0.detail.contains("did you mean \"\(word)\"?") }, "\(text): \(errors.list)")
        }
    }

    @Test func `points from where the condition stands`() throws {
        let errors = FieldErrors()
        _ = try Condition(json(#"{"not":{"tag":1}}"#), at: "/audience", errors: errors)
        #expect(errors.list.map(\.pointer) == ["/audience/not/tag"])
    }

    @Test func `refuses what is too deep, too many or too long`() throws {
        func codes(_ json: JSONValue) -> [String] {
            let errors = FieldErrors()
            _ = Condition(json, errors: errors)
            return errors.list.map { "\($0.pointer) \($0.code)" }
        }
        var deep: JSONValue = ["tag": "x"]
        for _ in 0..<15 { deep = ["not": deep] }
        #expect(codes(deep) == [])
        #expect(codes(["not": deep]) == [String(repeating: "/not", count: 16) + " too_deep"])
        for _ in 0..<10_000 { deep = ["not": deep] }
        #expect(codes(deep).count == 1)
        var filter: JSONValue = ["property": "x", "op": "is_set"]
        for _ in 0..<16 { filter = ["not": filter] }
        #expect(codes(["event": "e", "where": filter]).count == 1)
        let tags = { (count: Int) in JSONValue.array((0..<count).map { ["tag": .string("t\($0)")] }) }
        #expect(codes(["and": tags(200)]) == [])
        #expect(codes(["or": [["and": tags(150)], ["and": tags(51)]]]) == [" too_many"])
        #expect(codes(["and": tags(201)]) == ["/and too_many"])
        let words = JSONValue.array((0..<1_001).map { .string("w\($0)") })
        #expect(codes(["attribute": "a", "op": "in", "value": words]) == ["/value too_many"])
        #expect(codes(["tag": words]) == ["/tag too_many"])
    }

    @Test func `normalized JSON reads back as the same condition`() throws {
        let texts = [
            #"{"and":[{"all":true},{"not":{"tag":"vip"}},{"or":[{"language":["FR","en"]},{"country":"be"}]}]}"#,
            #"{"event":"purchase","count":{"gte":2,"lt":9},"within":"P30D","where":{"and":[{"property":"amount","op":"gt","value":20}]},"sum":{"property":"amount","gte":99.5},"first":{"after":"1969-07-20T20:17:40Z"},"last":{"within_last":"PT36H"}}"#,
            #"{"bucket":{"from":0.5,"to":12.25}}"#,
            #"{"app_version":{"op":"lt","value":"6.0-beta.1"}}"#,
            #"{"attribute":"born","op":"after","value":"0001-01-01"}"#,
            #"{"campaign":"cmp_7","state":"opened"}"#,
        ]
        for text in texts {
            let first = try condition(json(text))
            #expect(try condition(first.normalizedJSON) == first)
            #expect(try condition(first.normalizedJSON).normalizedJSON == first.normalizedJSON)
        }
        #expect(try condition(json(texts[0])).normalizedJSON.text
            == #"{"and":[{"all":true},{"not":{"tag":"vip"}},{"or":[{"language":["fr","en"]},{"country":"BE"}]}]}"#)
    }

    @Test func `leaves stand where their pointers say`() throws {
        let whole = try condition(json(#"{"and":[{"tag":"a"},{"not":{"or":[{"segment":"seg_4"},{"event":"e"}]}}]}"#))
        #expect(whole.leaves.map(\.pointer) == ["/and/0", "/and/1/not/or/0", "/and/1/not/or/1"])
        #expect(whole.leaves.map(\.condition.normalizedJSON.text)
            == [#"{"tag":"a"}"#, #"{"segment":"seg_4"}"#, #"{"event":"e","count":{"gte":1}}"#])
        #expect(whole.referencedSegments == [SegmentID(rawValue: 4)])
    }

    @Test func `no JSON makes the parser trap`() {
        var random = SeededGenerator(state: 77)
        let words = ["and", "or", "not", "attribute", "op", "value", "event", "within", "where", "property", "count", "sum", "first",
                     "bucket", "from", "to", "segment", "language", "app_version", "last_seen", "gte", "between", "anniversary_in",
                     "is_set", "seg_1", "P30D", "P9999999999D", "2026-03-01", "fr", "", "\u{0}", "\u{FFFF}", "5.2"]
        func value(_ depth: Int) -> JSONValue {
            switch Int.random(in: 0..<(depth > 5 ? 6 : 9), using: &random) {
            case 0: return .null
            case 1: return .bool(true)
            case 2: return [.int(.min), .int(.max), .int(0), .int(5)].randomElement(using: &random) ?? .null
            case 3: return [.double(1e308), .double(-0.0), .double(.infinity), .double(.nan), .double(0.1)].randomElement(using: &random) ?? .null
            case 4, 5: return .string(words.randomElement(using: &random) ?? "")
            case 6: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth + 1) })
            default:
                var object = JSONObject()
                for _ in 0..<Int.random(in: 0...4, using: &random) { object[words.randomElement(using: &random) ?? ""] = value(depth + 1) }
                return .object(object)
            }
        }
        var valid = 0
        for _ in 0..<20_000 {
            let errors = FieldErrors()
            let condition = Condition(value(0), errors: errors)
            #expect((condition == nil) == !errors.isEmpty)
            if let condition {
                valid += 1
                _ = try? compile(condition, CompilationContext(now: .seconds(1_773_144_000)))
            }
        }
        #expect(valid > 0)
    }
}
