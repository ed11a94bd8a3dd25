import Core
import Testing

@testable import clairon

/// A campaign as it must have gone, to be spoiled in one place by each test.
private struct Story {
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
                if let address, outcome == .taken { sightings.append(Story.sighting(address)) }
            }
        }
    }

    static func name(_ address: DemoAddress) -> String { "\(address.channel.rawValue)/\(address.index)" }

    static func sighting(_ address: DemoAddress, isAnswered: Bool = true) -> DemoSighting {
        DemoSighting(channel: address.channel, address: name(address), isAnswered: isAnswered)
    }

    func findings() -> DemoFindings {
        DemoProof.compare(audience, rows: rows, report: report, sightings: sightings, receiptAddress: Story.name)
    }

    private var report: JSONValue {
        var report = Story.counts(rows)
        report["audience"] = JSONValue(rows.count)
        report["by_channel"] = .object(JSONObject(Dictionary(grouping: rows.filter { $0.channel != nil }, by: \.channel).map {
            .init(name: $0.key?.rawValue ?? "", value: .object(Story.counts($0.value)))
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

@Suite struct DemoProofTests {
    @Test func `accounts for everybody when all went as it had to`() {
        let story = Story()
        let findings = story.findings()
        #expect(findings.agrees, "\(findings.differences.prefix(3))")
        #expect(findings.people == 400)
        #expect(findings.invited == story.audience.people.count(where: \.isInvited))
        #expect(findings.rows == story.rows.count && findings.taken == story.sightings.count && findings.receipts == findings.taken)
    }

    @Test func `counts what happened later as accepted`() {
        var story = Story()
        let at = story.row(.taken, on: [.sms])
        story.rows[at] = DemoRow(story.rows[at].profile, .sms, .delivered)
        #expect(story.findings().agrees)
    }

    @Test(arguments: [Channel.apns, .fcm, .webpush])
    func `shows a copy after a cut connection where the channel may send again`(channel: Channel) {
        var story = Story()
        story.sightings.append(Story.sighting(story.first(.taken, on: [channel]).address, isAnswered: false))
        let findings = story.findings()
        #expect(findings.agrees && findings.cuts == 1)
    }

    @Test(arguments: [0, 1])
    func `takes an open outcome for what it is, sent or not`(receipts: Int) {
        var story = Story()
        let (person, address) = story.first(.taken, on: [.sms])
        let at = story.rows.firstIndex { $0.profile == person.externalID && $0.channel == .sms } ?? 0
        story.rows[at] = DemoRow(person.externalID, .sms, .unknown, .outcomeUnknown)
        if receipts == 0 { story.sightings.removeAll { $0.address == Story.name(address) } }
        let findings = story.findings()
        #expect(findings.agrees && findings.unknown == 1, "\(findings.differences)")
    }

    struct Spoiled: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let spoil: @Sendable (inout Story) -> Void

        fileprivate init(_ description: String, _ spoil: @escaping @Sendable (inout Story) -> Void) {
            testDescription = description
            self.spoil = spoil
        }
    }

    static let spoiled: [Spoiled] = [
        Spoiled("a row is missing") { $0.rows.remove(at: 5) },
        Spoiled("a row is there twice") { $0.rows.append($0.rows[5]) },
        Spoiled("a row of a stranger") { $0.rows.append(DemoRow("stranger", .sms, .skipped, .noConsent)) },
        Spoiled("a row of somebody outside the segment") { story in
            guard let person = story.audience.people.first(where: { !$0.isInvited }) else { return }
            story.rows.append(DemoRow(person.externalID, .apns, .accepted))
        },
        Spoiled("skipped where accepted had to be") { story in
            let at = story.row(.taken)
            story.rows[at] = DemoRow(story.rows[at].profile, story.rows[at].channel, .skipped, .noConsent)
        },
        Spoiled("accepted where consent was refused") { story in
            let at = story.row(.skipped(.noConsent))
            story.rows[at] = DemoRow(story.rows[at].profile, story.rows[at].channel, .accepted)
        },
        Spoiled("another reason") { story in
            let at = story.row(.skipped(.noConsent))
            story.rows[at] = DemoRow(story.rows[at].profile, story.rows[at].channel, .skipped, .suppressed)
        },
        Spoiled("given up") { story in
            let at = story.row(.taken)
            story.rows[at] = DemoRow(story.rows[at].profile, story.rows[at].channel, .dead, .providerGaveUp)
        },
        Spoiled("accepted without a receipt") { $0.sightings.remove(at: 3) },
        Spoiled("accepted with two receipts") { $0.sightings.append($0.sightings[3]) },
        Spoiled("accepted, and the only receipt is on a cut connection") { story in
            story.sightings[3] = DemoSighting(channel: story.sightings[3].channel, address: story.sightings[3].address, isAnswered: false)
        },
        Spoiled("a copy of an SMS after a cut connection") { story in
            story.sightings.append(Story.sighting(story.first(.taken, on: [.sms]).address, isAnswered: false))
        },
        Spoiled("a receipt for somebody who said no") { story in
            story.sightings.append(Story.sighting(story.first(.skipped(.noConsent)).address))
        },
        Spoiled("a receipt for somebody outside the segment") { story in
            guard let address = story.audience.people.filter({ !$0.isInvited }).flatMap(\.addresses).first else { return }
            story.sightings.append(Story.sighting(address))
        },
        Spoiled("a receipt for an address of nobody") { story in
            story.sightings.append(DemoSighting(channel: .sms, address: "+33600000000", isAnswered: true))
        },
        Spoiled("the report's audience is one too many") { $0.reportChanges = [(["audience"], 1)] },
        Spoiled("the report has one accepted too few") { $0.reportChanges = [(["by_state", "accepted"], -1)] },
        Spoiled("the report has a state that no row has") { $0.reportChanges = [(["by_state", "expired"], 1)] },
        Spoiled("the report has a reason too many") { $0.reportChanges = [(["by_reason", "no_consent"], 1)] },
        Spoiled("the report of a channel is wrong") { $0.reportChanges = [(["by_channel", "sms", "by_state", "accepted"], 1)] },
    ]

    @Test(arguments: spoiled)
    func `finds every difference`(case spoiled: Spoiled) {
        var story = Story()
        spoiled.spoil(&story)
        #expect(!story.findings().agrees)
    }
}
