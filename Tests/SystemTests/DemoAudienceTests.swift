import Core
import Testing

@testable import clairon

@Suite struct DemoAudienceTests {
    @Test func `the same seed gives the same people, whatever the size of the shop`() {
        let small = DemoAudience(people: 50, seed: 3)
        let large = DemoAudience(people: 200, seed: 3)
        #expect(small.people == Array(large.people.prefix(50)))
        #expect(DemoAudience(people: 50, seed: 4).people != small.people)
    }

    @Test func `every outcome occurs on every channel that can have it`() {
        let people = DemoAudience(people: 10_000, seed: 7).people
        let expectations = people.flatMap(\.expectations)
        for channel in DemoCampaign.channels {
            let outcomes = Set(expectations.filter { $0.address?.channel == channel }.map(\.outcome))
            let wanted: [DemoOutcome] = [.taken, .rejected(.providerPermanent), .skipped(.noConsent), .skipped(.variableMissing)]
            #expect(outcomes.isSuperset(of: wanted), "\(channel)")
            #expect(outcomes.contains(.skipped(.policyWindowClosed)) == (channel == .messenger))
        }
        #expect(expectations.contains { $0.address == nil && $0.outcome == .skipped(.noSubscription) })
        #expect(people.contains { !$0.isInSegment } && people.contains { $0.isInSegment && $0.isStaff })
    }

    @Test func `people have two and a half addresses on average, no two the same`() {
        let audience = DemoAudience(people: 10_000, seed: 7)
        #expect((24_000...26_000).contains(audience.addressCount))
        #expect(Set(audience.people.flatMap(\.addresses).map(\.index)).count == audience.addressCount)
        #expect(audience.people.allSatisfy { $0.addresses.count <= DemoAudience.maxAddresses })
    }

    @Test(arguments: [
        ("bronze", DemoCity.paris, Int64?.none, true), ("silver", nil, nil, true), ("gold", nil, 60, true),
        ("bronze", nil, nil, false), ("bronze", nil, 20, true), ("bronze", nil, 45, false),
    ] as [(String, DemoCity?, Int64?, Bool)])
    func `the segment takes good customers, recent buyers and Paris`(tier: String, city: DemoCity?, daysAgo: Int64?, isIn: Bool) {
        let person = DemoPerson.sample(tier: tier, city: city, daysAgo: daysAgo)
        #expect(person.isInSegment == isIn)
    }

    @Test func `consent goes before the text, the text before the channel's rule, the rule before the provider`() {
        var address = DemoAddress(channel: .messenger, index: 8, isOptedOut: true, isDead: true)
        func outcome() -> DemoOutcome? {
            DemoPerson.sample(tier: "gold", language: .spanish, firstName: nil, addresses: [address]).expectations.first?.outcome
        }
        #expect(outcome() == .skipped(.noConsent))
        address.isOptedOut = false
        #expect(outcome() == .skipped(.variableMissing))
        func named() -> DemoOutcome? { DemoPerson.sample(tier: "gold", addresses: [address]).expectations.first?.outcome }
        #expect(named() == .skipped(.policyWindowClosed))
        address.hasOpenWindow = true
        #expect(named() == .rejected(.providerPermanent))
        address.isDead = false
        #expect(named() == .taken)
    }
}

extension DemoPerson {
    static func sample(
        _ number: Int = 1, tier: String = "gold", city: DemoCity? = nil, daysAgo: Int64? = nil, language: Language = .french,
        firstName: String? = "Zoé", isStaff: Bool = false, addresses: [DemoAddress] = []
    ) -> DemoPerson {
        let city = city ?? DemoCity(name: "Lyon", country: "FR", timezone: "Europe/Paris", latitude: 45.764, longitude: 4.8357)
        return DemoPerson(
            number: number, language: language, firstName: firstName, tier: tier, city: city, latitude: city.latitude,
            longitude: city.longitude, isStaff: isStaff,
            purchases: daysAgo.map { [Purchase(daysAgo: $0, product: "sku-1", amount: 10)] } ?? [], addresses: addresses)
    }
}
