import Core

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Makes people and the JSON of conditions from small pools of values, so that most statements are true for some.
struct RandomWorld {
    var random: SeededGenerator
    let now: Int64

    init(seed: UInt64, now: Int64) {
        random = SeededGenerator(state: seed)
        self.now = now
    }

    static let names = ["tier", "age", "score", "since", "sizes", "naïve \"name\"", "a.b[0]", "vip", "$", "o'hara\\"]
    static let texts = ["gold", "silver", "Gold", "", "go", "été", "e\u{301}", "L", "M", "10", "true", "x'; DROP TABLE profile; --", "%", "😀 smile"]
    static let dates = [
        "2026-03-01", "2026-02-28", "2024-02-29", "1985-03-04", "2026-03-10T09:00:00Z", "2026-03-09T23:30:00.999-02:00",
        "2026-03-10T09:00:00+14:00", "2026-02-30", "now", "12:00", "2451545", "2026-03-01 09:00:00", "2026-03-01T24:00:00Z",
        "2026-03-01T09:00Z", "2026-03-01t09:00:00z", "2026-3-1", "-2026-03-01", "2026-03-01T09:00:00", "2026-03-01T09:00:00.Z",
        "2026-03-01T09:00:00.1234567890Z", "2026-03-01T09:00:00.5Z ", "2026-03-01T09:00:00 +02:00", "2026-03-01T09:00:00+15:00", "0001-01-01",
        "2026-03-12T00:00:00Z", "2026-04-08", "2000-12-31T23:59:59-00:30", "2026-03-10T12:00:00.25Z",
    ]
    static let versions = ["5.2", "5.2.0", "5.10", "5.9.3", "6.0-beta.2", "6.0-beta.10", "6.0-rc", "6", "4.99.99"]
    static let tags = ["vip", "new", "staff", "été"]
    static let topics = ["news", "sales"]
    static let languages = ["fr", "fr-CA", "FR-be", "fro", "en", "en-GB", "zh-Hant-TW"]
    static let countries = ["FR", "BE", "fr", "US"]
    static let events = ["purchase", "open", "naïve"]
    static let states: [DeliveryState] = [.accepted, .delivered, .opened, .clicked, .rejected, .unknown, .skipped]

    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func number() -> JSONValue {
        switch int(0...4) {
        case 0: .double(Double(int(-8...80)) / 4)
        case 1: .double(Double(int(0...500)) / 100)
        case 2: pick([.int(.max), .int(.min), .double(1e15), .int(1 << 53), .double(9_007_199_254_740_992)])
        default: .int(Int64(int(-2...20)))
        }
    }

    mutating func scalar() -> JSONValue {
        switch int(0...5) {
        case 0: .bool(chance(50))
        case 1, 2: number()
        default: .string(chance(20) ? pick(RandomWorld.dates) : pick(RandomWorld.texts))
        }
    }

    mutating func value(depth: Int = 0) -> JSONValue {
        switch int(0...9) {
        case 0: return .null
        case 1 where depth == 0: return .array((0..<int(0...3)).map { _ in value(depth: 1) })
        case 2 where depth == 0: return ["inner": scalar()]
        case 3, 4: return .string(pick(RandomWorld.dates))
        default: return scalar()
        }
    }

    /// Milliseconds around now; sometimes exactly at the end of a range.
    mutating func moment() -> Int64 {
        chance(20) ? now - Int64(int(0...3)) * 86_400_000 : now - Int64(int(-100_000...3_000_000)) * 1_000
    }

    mutating func object(_ names: [String]) -> JSONObject {
        var object = JSONObject()
        for name in names where chance(60) { object[name] = value() }
        return object
    }

    mutating func person(_ id: Int64) -> Person {
        var person = Person(id: id)
        person.language = chance(80) ? pick(RandomWorld.languages) : nil
        person.country = chance(80) ? pick(RandomWorld.countries) : nil
        if chance(80) {
            person.place = chance(50) ? (48.85 + Double(int(-500...500)) / 1_000, 2.35 + Double(int(-500...500)) / 1_000)
                : (Double(int(-90_000...90_000)) / 1_000, Double(int(-180_000...180_000)) / 1_000)
        }
        person.attributes = object(RandomWorld.names)
        person.bucket = Int64(int(0...9_999))
        person.lastSeen = chance(80) ? moment() : nil
        person.tags = RandomWorld.tags.filter { _ in chance(30) }
        person.events = (0..<int(0...8)).map { _ in
            var properties = object(["tier", "score"])
            // Quarters add up exactly in any order.
            if chance(80) { properties["amount"] = chance(50) ? .double(Double(int(0...400)) / 4) : .int(Int64(int(0...100))) }
            return Person.Event(name: pick(RandomWorld.events), at: moment(), properties: properties)
        }
        person.subscriptions = (0..<int(0...3)).map { _ in
            Person.Subscription(channel: pick([.apns, .fcm, .sms, .webpush]), isOptedIn: chance(70), isActive: chance(80),
                                appVersion: chance(70) ? pick(RandomWorld.versions) : nil,
                                topics: RandomWorld.topics.filter { _ in chance(50) })
        }
        person.deliveries = (0..<int(0...2)).map { _ in
            Person.Delivery(campaign: Int64(int(1...3)), isTest: chance(20), state: pick(RandomWorld.states))
        }
        return person
    }

    // MARK: conditions

    /// - Parameter segments: how many of `seg_1…` it may name.
    mutating func condition(depth: Int = 0, segments: Int = 0) -> JSONValue {
        if depth < 4, chance(depth == 0 ? 75 : 40) {
            let children = (0..<int(1...4)).map { _ in condition(depth: depth + 1, segments: segments) }
            return pick([["and": .array(children)], ["or": .array(children)], ["not": children[0]]])
        }
        return statement(segments: segments)
    }

    private mutating func words(_ pool: [String]) -> JSONValue {
        chance(60) ? .string(pick(pool)) : .array((0..<int(1...3)).map { _ in .string(pick(pool)) })
    }

    private mutating func statement(segments: Int) -> JSONValue {
        switch int(0...(segments > 0 ? 16 : 15)) {
        case 0...4: return field("attribute", RandomWorld.names)
        case 5: return ["tag": words(RandomWorld.tags)]
        case 6: return ["language": words(["fr", "fr-CA", "en", "FR", "zh-hant"])]
        case 7: return ["country": words(["FR", "be", "US"])]
        case 8:
            let place: (Double, Double) = pick([(48.85, 2.35), (90, 0), (-89.5, 170), (10, 179.9), (0, -180), (48.9, 2.3)])
            let radius = pick([500.0, 5_000, 50_000, 2_000_000, 12_000_000, 20_037_508])
            return ["within": ["lat": .double(place.0), "lon": .double(place.1), "radius_m": .double(radius)]]
        case 9, 10: return event()
        case 11:
            var wanted = JSONObject()
            if chance(60) { wanted["channel"] = pick(["apns", "fcm", "sms", "messenger"]) }
            if chance(50) { wanted["topic"] = .string(pick(RandomWorld.topics)) }
            return ["subscribed": .object(wanted)]
        case 12: return ["last_seen": .object(time())]
        case 13:
            return ["app_version": ["op": pick(["eq", "ne", "gt", "gte", "lt", "lte"]), "value": .string(pick(RandomWorld.versions))]]
        case 14: return ["campaign": .string("cmp_\(int(1...3))"), "state": .string(pick(RandomWorld.states).rawValue)]
        case 15:
            let from = int(0...9_900)
            return ["bucket": ["from": .double(Double(from) / 100), "to": .double(Double(int(from + 1...10_000)) / 100)]]
        default: return ["segment": .string("seg_\(int(1...segments))")]
        }
    }

    private mutating func date() -> JSONValue {
        .string(pick(["2026-03-01", "2026-03-10T09:00:00Z", "2026-03-10T12:00:00Z", "1985-03-04", "2026-03-09T00:00:00+02:00"]))
    }

    private mutating func duration() -> JSONValue { .string(pick(["P1D", "P2D", "P9D", "P30D", "PT5H", "PT900M"])) }

    private mutating func time() -> JSONObject {
        switch int(0...4) {
        case 0: ["op": "is_set"]
        case 1: ["op": "is_not_set"]
        case 2: ["op": "before", "value": date()]
        case 3: ["op": "after", "value": date()]
        default: ["op": "within_last", "value": duration()]
        }
    }

    private mutating func field(_ keyword: String, _ names: [String]) -> JSONValue {
        var object: JSONObject = [keyword: .string(pick(names))]
        let op = pick(["eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between", "contains", "starts_with", "is_set",
                       "is_not_set", "before", "after", "within_last", "within_next", "anniversary_in"])
        object["op"] = .string(op)
        switch op {
        case "eq", "ne", "contains": object["value"] = scalar()
        case "in", "not_in": object["value"] = .array((0..<int(1...5)).map { _ in scalar() })
        case "gt", "gte", "lt", "lte": object["value"] = chance(50) ? number() : .string(pick(RandomWorld.texts))
        case "between": object["value"] = pick([[0, 10], [1.5, 1.5], ["Gold", "gold"], ["2026-01-01", "2026-12-31"], [-1, 2.25]])
        case "starts_with": object["value"] = .string(pick(RandomWorld.texts.filter { !$0.isEmpty } + ["2026-"]))
        case "before", "after": object["value"] = date()
        case "within_last", "within_next": object["value"] = duration()
        case "anniversary_in": object["value"] = pick(["P1D", "P7D", "P30D", "P366D", "P355D"])
        default: break
        }
        return .object(object)
    }

    private mutating func bounds(_ pool: [JSONValue]) -> JSONObject {
        var object = JSONObject()
        for _ in 0..<int(1...2) { object[pick(["eq", "ne", "gt", "gte", "lt", "lte"])] = pick(pool) }
        return object
    }

    private mutating func event() -> JSONValue {
        var object: JSONObject = ["event": .string(pick(RandomWorld.events))]
        if chance(40) { object["within"] = duration() }
        if chance(20) { object["after"] = date() }
        if chance(20) { object["before"] = date() }
        if chance(40) { object["where"] = filter(depth: 0) }
        if chance(50) { object["count"] = .object(bounds([0, 1, 2, 3])) }
        for (name, pool) in [("sum", [0, 50, 100.25, 200]), ("max", [10, 50.5, 90]), ("min", [1, 20.25])] as [(String, [JSONValue])]
        where chance(15) {
            var inner = bounds(pool)
            inner["property"] = .string(chance(90) ? "amount" : "tier")
            object[name] = .object(inner)
        }
        for name in ["first", "last"] where chance(15) {
            object[name] = pick([["after": date()], ["before": date()], ["within_last": duration()], ["after": date(), "before": date()]])
        }
        return .object(object)
    }

    private mutating func filter(depth: Int) -> JSONValue {
        if depth < 2, chance(40) {
            let children = (0..<int(1...3)).map { _ in filter(depth: depth + 1) }
            return pick([["and": .array(children)], ["or": .array(children)], ["not": children[0]]])
        }
        return field("property", ["amount", "tier", "score"])
    }
}
