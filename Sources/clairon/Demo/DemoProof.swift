import Core

/// Holds three accounts of a campaign against what had to happen, person by person: the rows of the ledger, the report,
/// and what the providers received. A pure function of values.
struct DemoProof {
    private struct Place: Hashable {
        let channel: Channel
        let address: String
    }

    private struct Tally {
        var answered = 0
        var cut = 0
    }

    private struct Expected {
        let address: DemoAddress?
        let outcome: DemoOutcome
    }

    private var findings = DemoFindings()
    private var sightings: [Place: Tally] = [:]
    private let receiptAddress: (DemoAddress) -> String

    /// - Parameter receiptAddress: an address as the sightings write it.
    static func compare(
        _ audience: DemoAudience, rows: [DemoRow], report: JSONValue, sightings: [DemoSighting],
        receiptAddress: @escaping (DemoAddress) -> String
    ) -> DemoFindings {
        var proof = DemoProof(sightings, receiptAddress)
        var rowsOf = Dictionary(grouping: rows, by: \.profile)
        proof.findings.rows = rows.count
        proof.findings.taken = rows.count { $0.outcome == .taken }
        proof.findings.unknown = rows.count { $0.state == .unknown }
        for person in audience.people { proof.check(person, rowsOf.removeValue(forKey: person.externalID) ?? []) }
        for (profile, rows) in rowsOf.sorted(by: { $0.key < $1.key }) {
            proof.findings.differ(DemoTexts.rowOfNobody(profile, rows.count))
        }
        for (place, tally) in proof.sightings.sorted(by: { $0.key.address < $1.key.address }) {
            proof.findings.differ(DemoTexts.receiptForNobody(place.channel, place.address, tally.answered + tally.cut))
        }
        proof.check(report, against: rows)
        return proof.findings
    }

    private init(_ list: [DemoSighting], _ receiptAddress: @escaping (DemoAddress) -> String) {
        self.receiptAddress = receiptAddress
        for sighting in list {
            let place = Place(channel: sighting.channel, address: sighting.address)
            if sighting.isAnswered { sightings[place, default: Tally()].answered += 1 } else { sightings[place, default: Tally()].cut += 1 }
        }
        findings.receipts = list.count(where: \.isAnswered)
        findings.cuts = list.count { !$0.isAnswered }
    }

    private mutating func check(_ person: DemoPerson, _ rows: [DemoRow]) {
        let known = findings.differences.count
        let expectations = person.expectations.map { Expected(address: $0.address, outcome: $0.outcome) }
        let channels = Set(expectations.map { $0.address?.channel }).union(rows.map(\.channel))
        for channel in channels.sorted(by: { ($0?.rawValue ?? "") < ($1?.rawValue ?? "") }) {
            check(person, channel, expectations.filter { $0.address?.channel == channel }, rows.filter { $0.channel == channel })
        }
        let opens = Dictionary(grouping: rows.filter { $0.state == .unknown }, by: \.channel)
        for address in person.addresses {
            let isTaken = expectations.contains { $0.address == address && $0.outcome == .taken }
            check(person, address, isTaken: isTaken, isOpen: opens[address.channel] != nil)
        }
        if !expectations.isEmpty { findings.invited += 1 }
        if findings.differences.count == known { findings.people += 1 }
    }

    /// The rows of one person on one channel: each outcome as often as it must be there. An open outcome stands for
    /// one that had to be taken.
    private mutating func check(_ person: DemoPerson, _ channel: Channel?, _ expectations: [Expected], _ rows: [DemoRow]) {
        var missing: [DemoOutcome: Int] = [:]
        for expected in expectations { missing[expected.outcome, default: 0] += 1 }
        var isWrong = false
        for row in rows {
            let outcome = row.state == .unknown ? .taken : row.outcome
            guard let outcome, let count = missing[outcome], count > 0 else {
                isWrong = true
                continue
            }
            missing[outcome] = count - 1
        }
        if isWrong || missing.values.contains(where: { $0 > 0 }) {
            findings.differ(DemoTexts.rowsDiffer(person.externalID, channel, expected: expectations.map(\.outcome), found: rows))
        }
    }

    /// One answered message where the ledger must say accepted, none anywhere else. Copies are allowed only where a
    /// connection was cut, on channels that replace or de-duplicate them.
    private mutating func check(_ person: DemoPerson, _ address: DemoAddress, isTaken: Bool, isOpen: Bool) {
        let tally = sightings.removeValue(forKey: Place(channel: address.channel, address: receiptAddress(address))) ?? Tally()
        let isRight: Bool
        if isTaken {
            let isAnswered = tally.answered == 1 || isOpen && tally.answered == 0
            isRight = isAnswered && (tally.cut == 0 || isOpen || DemoAddress.mayRepeat(address.channel))
        } else {
            isRight = tally.answered == 0 && tally.cut == 0
        }
        if !isRight {
            findings.differ(DemoTexts.receiptsDiffer(
                person.externalID, address.channel, expected: isTaken ? 1 : 0, answered: tally.answered, cut: tally.cut))
        }
    }

    private mutating func check(_ report: JSONValue, against rows: [DemoRow]) {
        findings.same("audience", expected: rows.count, found: DemoProof.number(report["audience"]))
        check(report, rows, "")
        let channels = Set(rows.compactMap(\.channel?.rawValue)).union((report["by_channel"]?.object?.members ?? []).map(\.name))
        for channel in channels.sorted() {
            check(report["by_channel"]?[channel] ?? .null, rows.filter { $0.channel?.rawValue == channel }, channel + " ")
        }
    }

    /// `by_state` and `by_reason` of the report or of one channel in it.
    private mutating func check(_ counts: JSONValue, _ rows: [DemoRow], _ prefix: String) {
        let states = Dictionary(rows.map { ($0.state.rawValue, 1) }, uniquingKeysWith: +)
        let reasons = Dictionary(rows.compactMap(\.reason).map { ($0.rawValue, 1) }, uniquingKeysWith: +)
        for (field, found) in [("by_state", states), ("by_reason", reasons)] {
            let named = (counts[field]?.object?.members ?? []).map(\.name)
            for name in Set(named).union(found.keys).sorted() {
                findings.same(prefix + name, expected: found[name] ?? 0, found: DemoProof.number(counts[field]?[name]))
            }
        }
    }

    private static func number(_ json: JSONValue?) -> Int { json?.int.flatMap { Int(exactly: $0) } ?? 0 }
}
