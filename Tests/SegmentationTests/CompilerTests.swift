import Core
import GRDB
import Segmentation
import Testing

/// What a condition selects and how SQLite finds it.
@Suite struct CompilerTests {
    static let now = Timestamp.seconds(1_773_144_000)  // 2026-03-10T12:00:00Z
    static let day: Int64 = 86_400_000

    static let people: [Person] = [
        Person(id: 1, language: "fr", country: "FR", place: (48.8566, 2.3522), attributes: ["tier": "gold", "points": 120, "born": "1990-03-12"],
               bucket: 0, lastSeen: now.milliseconds - day, tags: ["vip"],
               events: [.init(name: "purchase", at: now.milliseconds - 2 * day, properties: ["amount": 39.9]),
                        .init(name: "purchase", at: now.milliseconds - 40 * day, properties: ["amount": 10])],
               subscriptions: [.init(channel: .apns, appVersion: "5.10", topics: ["news"])],
               deliveries: [.init(campaign: 7, state: .opened)]),
        Person(id: 2, language: "fr-CA", country: "CA", place: (45.5019, -73.5674), attributes: ["tier": "Gold", "points": 39.9, "born": "2004-02-29"],
               bucket: 999, lastSeen: now.milliseconds - 31 * day,
               events: [.init(name: "purchase", at: now.milliseconds - 3 * day, properties: ["amount": 5]),
                        .init(name: "purchase", at: now.milliseconds - 4 * day, properties: ["amount": 6])],
               subscriptions: [.init(channel: .sms, isOptedIn: false, topics: ["news"]), .init(channel: .fcm, isActive: false, appVersion: "9.0")],
               deliveries: [.init(campaign: 7, state: .accepted)]),
        Person(id: 3, language: "fro", country: nil, place: (-17.7134, 178.065), attributes: ["points": "120", "sizes": ["M", 40]],
               bucket: 9_999, subscriptions: [.init(channel: .fcm, appVersion: "5.2")], deliveries: [.init(campaign: 7, isTest: true, state: .clicked)]),
        Person(id: 4, attributes: ["tier": nil, "vip": true], bucket: 5_000, tags: ["vip", "staff"]),
    ]

    struct Case: CustomTestStringConvertible {
        let json: String
        let ids: Set<Int64>
        var testDescription: String { json }

        init(_ json: String, _ ids: Set<Int64>) {
            self.json = json
            self.ids = ids
        }
    }

    static let golden: [Case] = [
        Case(#"{"all":true}"#, [1, 2, 3, 4]),
        Case(#"{"attribute":"tier","op":"in","value":["gold","vip"]}"#, [1]),
        Case(#"{"attribute":"tier","op":"ne","value":"gold"}"#, [2, 3, 4]),
        Case(#"{"attribute":"tier","op":"is_set"}"#, [1, 2]),
        Case(#"{"attribute":"tier","op":"is_not_set"}"#, [3, 4]),
        Case(#"{"attribute":"points","op":"gte","value":39.9}"#, [1, 2]),
        Case(#"{"attribute":"points","op":"eq","value":39.9}"#, [2]),
        Case(#"{"attribute":"points","op":"eq","value":120.0}"#, [1]),
        Case(#"{"attribute":"points","op":"eq","value":"120"}"#, [3]),
        Case(#"{"attribute":"points","op":"in","value":[39.9,"120"]}"#, [2, 3]),
        Case(#"{"attribute":"points","op":"between","value":[39.9,120]}"#, [1, 2]),
        Case(#"{"attribute":"sizes","op":"contains","value":"M"}"#, [3]),
        Case(#"{"attribute":"sizes","op":"contains","value":40}"#, [3]),
        Case(#"{"attribute":"tier","op":"contains","value":"ol"}"#, [1, 2]),
        Case(#"{"attribute":"tier","op":"starts_with","value":"G"}"#, [2]),
        Case(#"{"attribute":"vip","op":"eq","value":true}"#, [4]),
        Case(#"{"attribute":"vip","op":"eq","value":1}"#, []),
        Case(#"{"attribute":"born","op":"anniversary_in","value":"P3D"}"#, [1]),
        Case(#"{"attribute":"born","op":"anniversary_in","value":"P2D"}"#, []),
        Case(#"{"attribute":"born","op":"anniversary_in","value":"P356D"}"#, [1, 2]),
        Case(#"{"attribute":"born","op":"before","value":"2000-01-01"}"#, [1]),
        Case(#"{"tag":"vip"}"#, [1, 4]),
        Case(#"{"tag":["staff","x"]}"#, [4]),
        Case(#"{"language":"fr"}"#, [1, 2]),
        Case(#"{"language":["fr-ca","en"]}"#, [2]),
        Case(#"{"country":["fr","BE"]}"#, [1]),
        Case(#"{"within":{"lat":48.85,"lon":2.35,"radius_m":5000}}"#, [1]),
        Case(#"{"within":{"lat":-17,"lon":-179.5,"radius_m":300000}}"#, [3]),
        Case(#"{"within":{"lat":90,"lon":0,"radius_m":5200000}}"#, [1, 2]),
        Case(#"{"not":{"within":{"lat":0,"lon":0,"radius_m":20037508}}}"#, [4]),
        Case(#"{"event":"purchase"}"#, [1, 2]),
        Case(#"{"event":"purchase","count":{"gte":2},"within":"P30D"}"#, [2]),
        Case(#"{"event":"purchase","count":{"eq":0},"within":"P30D"}"#, [3, 4]),
        Case(#"{"event":"purchase","within":"P30D","where":{"and":[{"property":"amount","op":"gt","value":20}]}}"#, [1]),
        Case(#"{"event":"purchase","sum":{"property":"amount","gte":49,"lt":50}}"#, [1]),
        Case(#"{"event":"purchase","max":{"property":"amount","lt":10}}"#, [2]),
        Case(#"{"event":"purchase","first":{"before":"2026-02-01"}}"#, [1]),
        Case(#"{"event":"purchase","last":{"after":"2026-03-07T12:00:00Z"}}"#, [1, 2]),
        Case(#"{"subscribed":{"channel":"apns","topic":"news"}}"#, [1]),
        Case(#"{"subscribed":{}}"#, [1, 3]),
        Case(#"{"last_seen":{"op":"within_last","value":"P30D"}}"#, [1]),
        Case(#"{"last_seen":{"op":"is_not_set"}}"#, [3, 4]),
        Case(#"{"app_version":{"op":"gte","value":"5.2"}}"#, [1, 3]),
        Case(#"{"app_version":{"op":"gt","value":"5.2.0"}}"#, [1]),
        Case(#"{"app_version":{"op":"ne","value":"5.2"}}"#, [1, 2, 4]),
        Case(#"{"segment":"seg_1"}"#, [1, 4]),
        Case(#"{"campaign":"cmp_7","state":"accepted"}"#, [1, 2]),
        Case(#"{"campaign":"cmp_7","state":"opened"}"#, [1]),
        Case(#"{"bucket":{"from":0,"to":10}}"#, [1, 2]),
        Case(#"{"bucket":{"from":9.99,"to":100}}"#, [2, 3, 4]),
        Case(#"{"and":[{"tag":"vip"},{"not":{"tag":"staff"}}]}"#, [1]),
    ]

    @Test func `each form selects who it should`() throws {
        let database = try TestDatabase(CompilerTests.people)
        for purpose in [CompilationContext.Purpose.audience, .profile] {
            let context = CompilationContext(now: CompilerTests.now, purpose: purpose, segments: [SegmentID(rawValue: 1): .tag(["vip"])])
            for `case` in CompilerTests.golden {
                let fragment = try compile(condition(json(`case`.json)), context)
                #expect(try database.select(fragment) == `case`.ids, "\(`case`.json)")
                #expect(fragment.needsLedger == `case`.json.contains("campaign"))
                // A fragment is one term: it needs no parentheses beside NOT and AND.
                let rest: SQLFragment = "NOT \(fragment) AND \(fragment) = 0"
                #expect(try database.select(rest) == Set(1...4).subtracting(`case`.ids), "not \(`case`.json)")
            }
        }
    }

    @Test func `user data is bound, never written into the SQL`() throws {
        let evil = "x' OR 1=1; DROP TABLE profile; --"
        let texts: [JSONValue] = [
            ["attribute": .string(evil), "op": "eq", "value": .string(evil)],
            ["attribute": .string(evil + "\"\\"), "op": "contains", "value": .string(evil)],
            ["attribute": .string(evil), "op": "starts_with", "value": .string(evil)],
            ["attribute": .string(evil), "op": "before", "value": "2026-01-01"],
            ["tag": .string(evil)], ["tag": [.string(evil), "b"]],
            ["event": .string(evil), "where": ["property": .string(evil), "op": "in", "value": [.string(evil), .string("y")]],
             "sum": ["property": .string(evil), "gt": 1]],
            ["subscribed": ["topic": .string(evil)]],
        ]
        let database = try TestDatabase(CompilerTests.people)
        for json in texts {
            let fragment = try compile(condition(json), CompilationContext(now: CompilerTests.now))
            #expect(!fragment.sql.contains("DROP"))
            #expect(fragment.sql.utf8.count { $0 == UInt8(ascii: "?") } == fragment.arguments.count)
            #expect(try database.select(fragment) == [])
        }
    }

    @Test func `an interpolated value is bound and a nested fragment keeps the order`() {
        let inner: SQLFragment = "a = \(Int64(1)) AND b = \("x")"
        let outer: SQLFragment = "c = \(2.5) OR (\(inner)) \(raw: "COLLATE NOCASE") \("z")"
        #expect(outer.sql == "c = ? OR (a = ? AND b = ?) COLLATE NOCASE ?")
        #expect(outer.arguments == [.double(2.5), .int(1), .text("x"), .text("z")])
    }

    @Test func `segments that are missing, circular or too much are refused where they are named`() throws {
        let id = { (number: Int64) in SegmentID(rawValue: number) }
        func refusal(_ condition: Condition, _ segments: [SegmentID: Condition]) -> FieldError? {
            do {
                _ = try compile(condition, CompilationContext(now: CompilerTests.now, segments: segments))
                return nil
            } catch {
                return error.errors.first
            }
        }
        #expect(refusal(.and([.all, .segment(id(1))]), [:])?.pointer == "/and/1/segment")
        #expect(refusal(.segment(id(1)), [:])?.code == "unknown_segment")
        let cycle = refusal(.not(.segment(id(1))), [id(1): .segment(id(2)), id(2): .and([.segment(id(1))])])
        #expect(cycle?.pointer == "/not/segment")
        #expect(cycle?.code == "segment_cycle")
        #expect(cycle?.detail.contains("seg_1 -> seg_2 -> seg_1") == true)
        // The same segment twice side by side is no cycle.
        #expect(refusal(.or([.segment(id(1)), .segment(id(1))]), [id(1): .all]) == nil)
        var chain: [SegmentID: Condition] = [id(40): .all]
        for number in 1..<40 { chain[id(Int64(number))] = .not(.segment(id(Int64(number) + 1))) }
        #expect(refusal(.segment(id(1)), chain)?.code == "too_deep")
        // Each names the next twice: doubling must stop early.
        var bomb: [SegmentID: Condition] = [id(40): .all]
        for number in 1..<40 { bomb[id(Int64(number))] = .or([.segment(id(Int64(number) + 1)), .segment(id(Int64(number) + 1))]) }
        #expect(["too_many", "too_deep"].contains(refusal(.segment(id(1)), bomb)?.code))
        let wide = Condition.or((0..<150).map { .attribute(FieldTest("a\($0)", .isSet)) })
        #expect(refusal(.and([.segment(id(1)), .segment(id(1)), .segment(id(1)), .segment(id(1))]), [id(1): wide])?.code == "too_many")
    }

    @Test func `SQLite takes the deepest and the widest condition`() throws {
        let database = try TestDatabase(CompilerTests.people)
        let date: JSONValue = ["property": "renewal \"date\"", "op": "after", "value": "2026-01-01"]
        let leaf: JSONValue = ["attribute": "x \"y\"", "op": "in", "value": ["a", "b", 1.5, 2, true]]
        // Alternating lists with the deep child last keep the most symbols on the parser's stack.
        func deep(_ core: JSONValue, _ levels: Int, keyword: [String], leaf: JSONValue) -> JSONValue {
            (0..<levels).reduce(core) { inner, level in
                let word = keyword[level % keyword.count]
                return word == "not" ? ["not": inner] : .object(JSONObject([.init(name: word, value: [leaf, inner])]))
            }
        }
        for keyword in [["and", "or"], ["not"], ["and", "not"], ["or", "and", "not"]] {
            for split in [0, 4, 8, 14] {
                let filter = deep(date, 14 - split, keyword: keyword, leaf: date)
                let event: JSONValue = ["event": "e", "where": filter, "sum": ["property": "a \"b\"", "gte": 1.5], "first": ["after": "2026-01-01"]]
                let json = deep(event, split, keyword: keyword, leaf: leaf)
                let fragment = try compile(condition(json), CompilationContext(now: CompilerTests.now))
                _ = try database.select(fragment)
                // As an audience with an exclusion, inside a larger statement.
                let whole: SQLFragment = "EXISTS (SELECT 1 FROM subscription s WHERE s.profile = p.id AND (\(fragment) AND NOT (\(fragment))))"
                _ = try database.select(whole)
            }
        }
        let wide = Condition.or((0..<250).map { .attribute(FieldTest("a\($0)", .date(.after(.seconds(0))))) })
        let fragment = try compile(.and([.segment(SegmentID(rawValue: 1)), .not(.segment(SegmentID(rawValue: 1)))].dropLast()),
                                   CompilationContext(now: CompilerTests.now, segments: [SegmentID(rawValue: 1): wide]))
        #expect(fragment.arguments.count < 32_766)
        _ = try database.select(fragment)
    }

    @Test func `the hot forms are served by their indices`() throws {
        let database = try TestDatabase(CompilerTests.people)
        func plan(_ text: String, _ purpose: CompilationContext.Purpose = .audience) throws -> String {
            try database.plan(compile(condition(json(text)), CompilationContext(now: CompilerTests.now, purpose: purpose)))
        }
        let event = try plan(#"{"event":"purchase","count":{"gte":2},"within":"P30D"}"#)
        #expect(event.contains("SEARCH e USING INDEX event_by_profile (profile=? AND name=? AND at>?)")
            || event.contains("SEARCH e USING COVERING INDEX event_by_profile (profile=? AND name=? AND at>?)"), "\(event)")
        let absence = try plan(#"{"event":"purchase","count":{"eq":0}}"#)
        #expect(absence.contains("event_by_profile (profile=? AND name=?)"), "\(absence)")
        let tag = try plan(#"{"tag":"vip"}"#)
        #expect(tag.contains("SEARCH p USING INTEGER PRIMARY KEY (rowid=?)"), "\(tag)")
        #expect(tag.contains("profile_tag_by_tag (tag=?)"), "\(tag)")
        let tagged = try plan(#"{"and":[{"attribute":"a","op":"is_set"},{"tag":"vip"}]}"#)
        #expect(tagged.contains("SEARCH p USING INTEGER PRIMARY KEY (rowid=?)"), "\(tagged)")
        let one = try plan(#"{"tag":"vip"}"#, .profile)
        #expect(one.contains("SEARCH t USING PRIMARY KEY (profile=? AND tag=?)"), "\(one)")
        let place = try plan(#"{"within":{"lat":48.85,"lon":2.35,"radius_m":5000}}"#)
        #expect(place.contains("profile_by_place (latitude>? AND latitude<?)"), "\(place)")
        let subscribed = try plan(#"{"subscribed":{"channel":"sms","topic":"news"}}"#)
        #expect(subscribed.contains("subscription_by_profile (profile=? AND channel=?)"), "\(subscribed)")
        #expect(subscribed.contains("SEARCH t USING PRIMARY KEY (subscription=? AND topic=?)"), "\(subscribed)")
        let campaign = try plan(#"{"campaign":"cmp_7","state":"opened"}"#)
        #expect(!campaign.contains("SCAN d"), "\(campaign)")
    }

    @Test(arguments: RandomWorld.dates + ["", "2026", "2100-02-29", "9999-12-31T23:59:59-00:01", "0000-01-01", "2026-03-01T09:00:00Zz"])
    func `a date is the same in Swift, in SQL and by the calendar`(text: String) throws {
        #expect(DateText(text)?.seconds == ReferenceDate.seconds(text) || text == "9999-12-31T23:59:59-00:01")
        let database = try TestDatabase([Person(id: 1, attributes: ["d": .string(text)])])
        guard let seconds = DateText(text)?.seconds else {
            let isDate = Condition.attribute(FieldTest("d", .date(.after(.seconds(.min / 2_000)))))
            #expect(try database.select(compile(isDate, CompilationContext(now: CompilerTests.now))) == [])
            return
        }
        let tests: [(DateTest, Set<Int64>)] = [
            (.after(.seconds(seconds)), [1]), (.before(.seconds(seconds + 1)), [1]),
            (.after(.seconds(seconds + 1)), []), (.before(.seconds(seconds)), []),
        ]
        for (test, ids) in tests {
            #expect(try database.select(compile(.attribute(FieldTest("d", .date(test))), CompilationContext(now: CompilerTests.now))) == ids)
        }
    }
}
