import Core
import Testing

@testable import clairon

@Suite struct DemoProofTests {
    @Test func `accounts for everybody when all went as it had to`() {
        let story = DemoStory()
        let findings = story.findings()
        #expect(findings.agrees, "\(findings.differences.prefix(3))")
        #expect(findings.people == 400)
        #expect(findings.invited == story.audience.people.count(where: \.isInvited))
        #expect(findings.rows == story.rows.count && findings.taken == story.sightings.count && findings.receipts == findings.taken)
    }

    @Test func `counts what happened later as accepted`() {
        var story = DemoStory()
        let at = story.row(.taken, on: [.sms])
        story.rows[at] = DemoRow(story.rows[at].profile, .sms, .delivered)
        #expect(story.findings().agrees)
    }

    @Test(arguments: [Channel.apns, .fcm, .webpush])
    func `shows a copy after a cut connection where the channel may send again`(channel: Channel) {
        var story = DemoStory()
        story.sightings.append(DemoStory.sighting(story.first(.taken, on: [channel]).address, isAnswered: false))
        let findings = story.findings()
        #expect(findings.agrees && findings.cuts == 1)
    }

    @Test(arguments: [0, 1])
    func `takes an open outcome for what it is, sent or not`(receipts: Int) {
        var story = DemoStory()
        let (person, address) = story.first(.taken, on: [.sms])
        let at = story.rows.firstIndex { $0.profile == person.externalID && $0.channel == .sms } ?? 0
        story.rows[at] = DemoRow(person.externalID, .sms, .unknown, .outcomeUnknown)
        if receipts == 0 { story.sightings.removeAll { $0.address == DemoStory.name(address) } }
        let findings = story.findings()
        #expect(findings.agrees && findings.unknown == 1, "\(findings.differences)")
    }

    struct Spoiled: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let spoil: @Sendable (inout DemoStory) -> Void

        init(_ description: String, _ spoil: @escaping @Sendable (inout DemoStory) -> Void) {
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
            story.sightings.append(DemoStory.sighting(story.first(.taken, on: [.sms]).address, isAnswered: false))
        },
        Spoiled("a receipt for somebody who said no") { story in
            story.sightings.append(DemoStory.sighting(story.first(.skipped(.noConsent)).address))
        },
        Spoiled("a receipt for somebody outside the segment") { story in
            guard let address = story.audience.people.filter({ !$0.isInvited }).flatMap(\.addresses).first else { return }
            story.sightings.append(DemoStory.sighting(address))
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
        var story = DemoStory()
        spoiled.spoil(&story)
        #expect(!story.findings().agrees)
    }
}
