import Core

@testable import clairon

/// A campaign as it must have gone, to be spoiled in one place by each test.
struct DemoStory {
    let audience: DemoAudience
    var rows: [DemoRow] = []
    var sightings: [DemoSighting] = []
    /// Changes of the report's numbers, by pointer-like path.
    var reportChanges: [(path: [String], by: Int64)] = []

    init() {
        audience = DemoAudience(people: 400, seed: 11)
        for person in audience.people {
            for (address, outcome) in person.expectations {
                switch outcome {
                case .taken: rows.append(DemoRow(person.externalID, address?.channel, .accepted))
                case .skipped(let reason): rows.append(DemoRow(person.externalID, address?.channel, .skipped, reason))
                case .rejected(let reason): rows.append(DemoRow(person.externalID, address?.channel, .rejected, reason))
                }
                if let address, outcome == .taken { sightings.append(DemoStory.sighting(address)) }
            }
        }
    }

    static func name(_ address: DemoAddress) -> String { "\(address.channel.rawValue)/\(address.index)" }

    static func sighting(_ address: DemoAddress, isAnswered: Bool = true) -> DemoSighting {
        DemoSighting(channel: address.channel, address: name(address), isAnswered: isAnswered)
    }

    func findings() -> DemoFindings {
        DemoProof.compare(audience, rows: rows, report: report, sightings: sightings, receiptAddress: DemoStory.name)
    }

    private var report: JSONValue {
        var report = DemoStory.counts(rows)
        report["audience"] = JSONValue(rows.count)
        report["by_channel"] = .object(JSONObject(Dictionary(grouping: rows.filter { $0.channel != nil }, by: \.channel).map {
            .init(name: $0.key?.rawValue ?? "", value: .object(DemoStory.counts($0.value)))
        }))
        var json = JSONValue.object(report)
        for change in reportChanges { json = json.adding(change.by, at: change.path[...]) }
        return json
    }

    private static func counts(_ rows: [DemoRow]) -> JSONObject {
        func object(_ words: [String]) -> JSONValue {
            .object(JSONObject(Dictionary(words.map { ($0, 1) }, uniquingKeysWith: +).map { .init(name: $0.key, value: JSONValue($0.value)) }))
        }
        return ["by_state": object(rows.map(\.state.rawValue)), "by_reason": object(rows.compactMap(\.reason?.rawValue))]
    }

    /// The first address with that outcome on one of the channels, and its owner.
    func first(_ outcome: DemoOutcome, on channels: [Channel] = DemoCampaign.channels) -> (person: DemoPerson, address: DemoAddress) {
        for person in audience.people {
            for case (let address?, outcome) in person.expectations where channels.contains(address.channel) { return (person, address) }
        }
        preconditionFailure("the sample is large enough to have every outcome")
    }

    func row(_ outcome: DemoOutcome, on channels: [Channel] = DemoCampaign.channels) -> Int {
        rows.firstIndex { $0.outcome == outcome && $0.channel.map(channels.contains) ?? false } ?? 0
    }
}

extension JSONValue {
    fileprivate func adding(_ number: Int64, at path: ArraySlice<String>) -> JSONValue {
        guard let name = path.first else { return .int((int ?? 0) + number) }
        var object = object ?? JSONObject()
        object[name] = (object[name] ?? .null).adding(number, at: path.dropFirst())
        return .object(object)
    }
}
