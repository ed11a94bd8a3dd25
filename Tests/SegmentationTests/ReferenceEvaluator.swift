import Core
import Glibc

/// Judges one person by the JSON of a condition, straight from the grammar: it shares no code with the parser or the compiler.
struct ReferenceEvaluator {
    let now: Int64
    var segments: [String: JSONValue] = [:]

    func holds(_ json: JSONValue, for person: Person) -> Bool {
        if let list = json["and"]?.array { return list.allSatisfy { holds($0, for: person) } }
        if let list = json["or"]?.array { return list.contains { holds($0, for: person) } }
        if let inner = json["not"] { return !holds(inner, for: person) }
        if json["all"] != nil { return true }
        if let name = json["attribute"]?.string { return field(person.attributes[name], json) }
        if let tag = json["tag"] { return words(tag).contains { person.tags.contains($0) } }
        if let language = json["language"] {
            guard let own = person.language?.lowercased() else { return false }
            return words(language).contains { own == $0.lowercased() || own.hasPrefix($0.lowercased() + "-") }
        }
        if let country = json["country"] {
            return words(country).contains { $0.uppercased() == person.country?.uppercased() }
        }
        if let name = json["event"]?.string { return event(name, json, person) }
        if let circle = json["within"] { return near(circle, person) }
        if let wanted = json["subscribed"] {
            return person.subscriptions.contains { own in
                own.isOptedIn && own.isActive && (wanted["channel"]?.string.map { $0 == own.channel.rawValue } ?? true)
                    && (wanted["topic"]?.string.map { own.topics.contains($0) } ?? true)
            }
        }
        if let test = json["last_seen"] { return time(person.lastSeen, test["op"]?.string ?? "", test["value"]) }
        if let test = json["app_version"] { return version(test, person) }
        if let id = json["segment"]?.string { return segments[id].map { holds($0, for: person) } ?? false }
        if let campaign = json["campaign"]?.string { return reached(campaign, json["state"]?.string ?? "", person) }
        if let bucket = json["bucket"], let from = bucket["from"]?.number, let to = bucket["to"]?.number {
            return Double(person.bucket) / 100 >= from - 1e-9 && Double(person.bucket) / 100 < to - 1e-9
        }
        fatalError("no such statement: \(json.text)")
    }

    private func words(_ json: JSONValue) -> [String] { json.array?.compactMap(\.string) ?? [json.string ?? ""] }

    // MARK: values

    private func field(_ value: JSONValue?, _ test: JSONValue) -> Bool {
        let operand = test["value"] ?? .null
        let isMissing = value == nil || value == .null
        switch test["op"]?.string {
        case "is_set": return !isMissing
        case "is_not_set": return isMissing
        case "eq": return same(value, operand)
        case "ne": return !same(value, operand)
        case "in": return operand.array?.contains { same(value, $0) } ?? false
        case "not_in": return !(operand.array?.contains { same(value, $0) } ?? false)
        case "gt": return order(value, operand).map { $0 > 0 } ?? false
        case "gte": return order(value, operand).map { $0 >= 0 } ?? false
        case "lt": return order(value, operand).map { $0 < 0 } ?? false
        case "lte": return order(value, operand).map { $0 <= 0 } ?? false
        case "between":
            guard let bounds = operand.array, let low = order(value, bounds[0]), let high = order(value, bounds[1]) else { return false }
            return low >= 0 && high <= 0
        case "contains":
            if let list = value?.array { return list.contains { same($0, operand) } }
            guard let text = value?.string, let part = operand.string else { return false }
            return contains(Array(text.utf8), Array(part.utf8))
        case "starts_with": return value?.string.map { Array($0.utf8).starts(with: Array((operand.string ?? "").utf8)) } ?? false
        case let op?: return date(value?.string, op, operand)
        case nil: return false
        }
    }

    private func same(_ a: JSONValue?, _ b: JSONValue) -> Bool {
        switch (a, b) {
        case (.bool(let a), .bool(let b)): a == b
        case (.array, _), (.object, _), (.null, _), (nil, _): false
        default: a.flatMap { order($0, b) } == 0
        }
    }

    /// Negative, zero or positive; nil for values of different types or without an order.
    private func order(_ a: JSONValue?, _ b: JSONValue) -> Int? {
        if let a = a?.string, let b = b.string {
            let (a, b) = (Array(a.utf8), Array(b.utf8))
            return a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
        }
        if let a = a?.int, let b = b.int { return a == b ? 0 : a < b ? -1 : 1 }
        if let a = a?.number, let b = b.number { return a == b ? 0 : a < b ? -1 : 1 }
        return nil
    }

    private func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard part.count <= text.count else { return false }
        return (0...(text.count - part.count)).contains { Array(text[$0..<$0 + part.count]) == part }
    }

    // MARK: dates

    private func date(_ text: String?, _ op: String, _ operand: JSONValue) -> Bool {
        guard let text, let at = ReferenceDate.seconds(text) else { return false }
        let second = now / 1_000
        switch op {
        case "before": return at < ReferenceDate.seconds(operand.string ?? "") ?? .min
        case "after": return at >= ReferenceDate.seconds(operand.string ?? "") ?? .max
        case "within_last": return at <= second && at >= second - duration(operand)
        case "within_next": return at >= second && at <= second + duration(operand)
        case "anniversary_in":
            // Walk over the days from today on and ask on each whether it is the person's day.
            let (month, day) = (Int(text.dropFirst(5).prefix(2)) ?? 0, Int(text.dropFirst(8).prefix(2)) ?? 0)
            return (0..<duration(operand) / 86_400).contains { ahead in
                let today = ReferenceDate.civil(second / 86_400 + ahead)
                let isOnThe28th = month == 2 && day == 29 && !ReferenceDate.isLeap(today.year)
                return today.month == month && today.day == (isOnThe28th ? 28 : day)
            }
        default: fatalError("no such operator: \(op)")
        }
    }

    /// Seconds of the durations that the generator writes: `P3D`, `PT5H`, `PT9M`.
    private func duration(_ json: JSONValue) -> Int64 {
        let text = json.string ?? ""
        let number = Int64(text.filter(\.isNumber)) ?? 0
        return number * (text.hasSuffix("D") ? 86_400 : text.hasSuffix("H") ? 3_600 : text.hasSuffix("M") ? 60 : 1)
    }

    private func time(_ at: Int64?, _ op: String, _ operand: JSONValue?) -> Bool {
        guard let at else { return op == "is_not_set" }
        let value = operand ?? .null
        switch op {
        case "is_set": return true
        case "is_not_set": return false
        case "before": return at < (ReferenceDate.seconds(value.string ?? "") ?? 0) * 1_000
        case "after": return at >= (ReferenceDate.seconds(value.string ?? "") ?? 0) * 1_000
        case "within_last": return at >= now - duration(value) * 1_000
        default: fatalError("no such operator: \(op)")
        }
    }

    // MARK: events

    private func event(_ name: String, _ json: JSONValue, _ person: Person) -> Bool {
        var events = person.events.filter { $0.name == name }
        if let within = json["within"] { events = events.filter { time($0.at, "within_last", within) } }
        if let after = json["after"] { events = events.filter { time($0.at, "after", after) } }
        if let before = json["before"] { events = events.filter { time($0.at, "before", before) } }
        if let filter = json["where"] { events = events.filter { matches($0.properties, filter) } }
        var holds = true
        var isAsked = false
        for (key, value) in ["count", "sum", "max", "min"].compactMap({ key in json[key].map { (key, $0) } }) {
            isAsked = true
            let numbers = value["property"]?.string.map { name in events.compactMap { $0.properties[name]?.number } } ?? []
            let found: Double? = switch key {
            case "count": Double(events.count)
            case "sum": numbers.reduce(0, +)
            case "max": numbers.max()
            default: numbers.min()
            }
            for bound in value.object?.members ?? [] where bound.name != "property" {
                guard let found, let limit = bound.value.number else {
                    holds = false
                    continue
                }
                holds = holds && compare(found, bound.name, limit)
            }
        }
        for (key, found) in [("first", events.map(\.at).min()), ("last", events.map(\.at).max())] {
            for bound in json[key]?.object?.members ?? [] {
                isAsked = true
                holds = holds && found.map { time($0, bound.name, bound.value) } ?? false
            }
        }
        return isAsked ? holds : !events.isEmpty
    }

    private func matches(_ properties: JSONObject, _ filter: JSONValue) -> Bool {
        if let list = filter["and"]?.array { return list.allSatisfy { matches(properties, $0) } }
        if let list = filter["or"]?.array { return list.contains { matches(properties, $0) } }
        if let inner = filter["not"] { return !matches(properties, inner) }
        return field(properties[filter["property"]?.string ?? ""], filter)
    }

    private func compare<Value: Comparable>(_ a: Value, _ op: String, _ b: Value) -> Bool {
        switch op {
        case "eq": a == b
        case "ne": a != b
        case "gt": a > b
        case "gte": a >= b
        case "lt": a < b
        case "lte": a <= b
        default: fatalError("no such comparison: \(op)")
        }
    }

    // MARK: the rest

    private func near(_ circle: JSONValue, _ person: Person) -> Bool {
        guard let place = person.place, let lat = circle["lat"]?.number, let lon = circle["lon"]?.number,
            let radius = circle["radius_m"]?.number else { return false }
        // By the angle between the two unit vectors, not by the haversine.
        func vector(_ lat: Double, _ lon: Double) -> (Double, Double, Double) {
            let (a, b) = (lat * .pi / 180, lon * .pi / 180)
            return (cos(a) * cos(b), cos(a) * sin(b), sin(a))
        }
        let (a, b) = (vector(lat, lon), vector(place.latitude, place.longitude))
        let cross = (a.1 * b.2 - a.2 * b.1, a.2 * b.0 - a.0 * b.2, a.0 * b.1 - a.1 * b.0)
        let sine = (cross.0 * cross.0 + cross.1 * cross.1 + cross.2 * cross.2).squareRoot()
        return atan2(sine, a.0 * b.0 + a.1 * b.1 + a.2 * b.2) * 6_371_008.8 <= radius
    }

    private func version(_ test: JSONValue, _ person: Person) -> Bool {
        let wanted = parts(test["value"]?.string ?? "")
        let op = test["op"]?.string ?? ""
        let own = person.subscriptions.filter(\.isActive).compactMap(\.appVersion)
        if op == "ne" { return !own.contains { order(parts($0), wanted) == 0 } }
        return own.contains { compare(order(parts($0), wanted), op, 0) }
    }

    /// The numbers, and a pre-release such as `beta.2`.
    private func parts(_ text: String) -> (numbers: [Int], pre: [String]) {
        let halves = text.split(separator: "-")
        return (halves[0].split(separator: ".").map { Int($0) ?? 0 }, halves.count > 1 ? halves[1].split(separator: ".").map(String.init) : [])
    }

    private func order(_ a: (numbers: [Int], pre: [String]), _ b: (numbers: [Int], pre: [String])) -> Int {
        for index in 0..<max(a.numbers.count, b.numbers.count) {
            let (x, y) = (index < a.numbers.count ? a.numbers[index] : 0, index < b.numbers.count ? b.numbers[index] : 0)
            if x != y { return x < y ? -1 : 1 }
        }
        if a.pre.isEmpty || b.pre.isEmpty { return a.pre.isEmpty == b.pre.isEmpty ? 0 : a.pre.isEmpty ? 1 : -1 }
        for (x, y) in zip(a.pre, b.pre) where x != y {
            switch (Int(x), Int(y)) {
            case (let x?, let y?): return x < y ? -1 : 1
            case (_?, nil): return -1
            case (nil, _?): return 1
            case (nil, nil): return x < y ? -1 : 1
            }
        }
        return a.pre.count == b.pre.count ? 0 : a.pre.count < b.pre.count ? -1 : 1
    }

    private func reached(_ campaign: String, _ state: String, _ person: Person) -> Bool {
        let tail = ["accepted", "delivered", "opened", "clicked"]
        return person.deliveries.contains { own in
            guard "cmp_\(own.campaign)" == campaign, !own.isTest else { return false }
            if let wanted = tail.firstIndex(of: state), let reached = tail.firstIndex(of: own.state.rawValue) { return reached >= wanted }
            return own.state.rawValue == state
        }
    }
}

/// Dates by regular expression and by counting days one year and one month at a time.
enum ReferenceDate {
    static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    static func days(_ month: Int, _ year: Int) -> Int { [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] }

    static func civil(_ daysSinceEpoch: Int64) -> (year: Int, month: Int, day: Int) {
        var (year, month, rest) = (1970, 1, Int(daysSinceEpoch))
        while rest >= (isLeap(year) ? 366 : 365) {
            rest -= isLeap(year) ? 366 : 365
            year += 1
        }
        while rest >= days(month, year) {
            rest -= days(month, year)
            month += 1
        }
        return (year, month, rest + 1)
    }

    /// The regular expression is slow: the dates of the random world are read once.
    private static let known = Dictionary(uniqueKeysWithValues: (RandomWorld.dates + RandomWorld.texts).map { ($0, parse($0)) })

    static func seconds(_ text: String) -> Int64? { known[text] ?? parse(text) }

    private static func parse(_ text: String) -> Int64? {
        let pattern = /([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?(?:Z|([+\-])([0-9]{2}):([0-9]{2})))?/
        guard let match = text.wholeMatch(of: pattern) else { return nil }
        func number(_ part: Substring?) -> Int { part.flatMap { Int($0) } ?? 0 }
        let (year, month, day) = (number(match.1), number(match.2), number(match.3))
        guard (1...12).contains(month), day >= 1, day <= days(month, year) else { return nil }
        let (hour, minute, second) = (number(match.4), number(match.5), number(match.6))
        let (zoneHours, zoneMinutes) = (number(match.8), number(match.9))
        guard hour < 24, minute < 60, second < 60, zoneHours <= 14, zoneMinutes < 60 else { return nil }
        var total = 0
        for past in min(year, 1970)..<max(year, 1970) { total += isLeap(past) ? 366 : 365 }
        if year < 1970 { total = -total }
        for past in 1..<month { total += days(past, year) }
        let zone = (zoneHours * 60 + zoneMinutes) * (match.7 == "-" ? -1 : 1)
        return Int64((total + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second - zone * 60)
    }
}
