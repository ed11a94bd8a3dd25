import Core

/// The customers of a sample shop. The same seed gives the same people; nothing in it comes from a real person.
struct DemoAudience: Sendable {
    let seed: UInt64
    let people: [DemoPerson]

    init(people count: Int, seed: UInt64) {
        self.seed = seed
        people = (1...max(1, count)).map { DemoAudience.person($0, seed: seed) }
    }

    var addressCount: Int { people.reduce(0) { $0 + $1.addresses.count } }

    /// At most so many addresses a person has.
    static let maxAddresses = 8

    private static func person(_ number: Int, seed: UInt64) -> DemoPerson {
        var random = DemoRandom(seed: seed, stream: number)
        let language = random.pick([DemoPerson.Language.french, .french, .english, .spanish])
        let city = random.pick(DemoCity.all(speaking: language))
        // About two kilometres around the centre, in steps of ten metres.
        func near(_ degrees: Double) -> Double {
            (degrees * 10_000).rounded() / 10_000 + Double(Int.random(in: -200...200, using: &random)) / 10_000
        }
        return DemoPerson(
            number: number, language: language, firstName: random.chance(8) ? nil : random.pick(firstNames(language)),
            tier: random.pick(["gold", "silver", "silver", "bronze", "bronze"]), city: city,
            latitude: near(city.latitude), longitude: near(city.longitude), isStaff: random.chance(1),
            purchases: purchases(&random), addresses: addresses(of: number, &random))
    }

    private static func purchases(_ random: inout DemoRandom) -> [DemoPerson.Purchase] {
        guard random.chance(45) else { return [] }
        return (0..<Int.random(in: 1...2, using: &random)).map { _ in
            // Far from the 30 days the segment asks for, so that no run depends on the hour.
            let days = random.chance(60) ? Int64.random(in: 1...20, using: &random) : .random(in: 45...90, using: &random)
            return DemoPerson.Purchase(
                daysAgo: days, product: "sku-\(Int.random(in: 1...40, using: &random))",
                amount: Double(Int.random(in: 500...15_000, using: &random)) / 100)
        }
    }

    /// About two and a half a person; two people in a hundred have none.
    private static func addresses(of number: Int, _ random: inout DemoRandom) -> [DemoAddress] {
        guard !random.chance(2) else { return [] }
        var channels = [random.pick([Channel.apns, .fcm])]
        if random.chance(30) { channels.append(random.pick([Channel.apns, .fcm])) }
        if random.chance(80) { channels.append(.webpush) }
        if random.chance(25) { channels.append(.sms) }
        if random.chance(20) { channels.append(.messenger) }
        return channels.enumerated().map { place, channel in
            DemoAddress(
                channel: channel, index: number * maxAddresses + place, isOptedOut: random.chance(4), isDead: random.chance(3),
                hasOpenWindow: channel == .messenger && random.chance(70))
        }
    }

    private static func firstNames(_ language: DemoPerson.Language) -> [String] {
        switch language {
        case .french: ["Zoé", "Léa", "Inès", "Chloé", "Manon", "Hugo", "Louis", "Théo", "Gaëlle", "Rémi", "Noé", "Élise"]
        case .english: ["Olivia", "Amelia", "Isla", "Grace", "Freya", "George", "Oscar", "Leo", "Arthur", "Nora", "Sean", "Ruby"]
        case .spanish: ["Lucía", "Sofía", "Martina", "Begoña", "Paula", "Iván", "Daniel", "Álvaro", "Adrián", "Íñigo", "Inés", "Raúl"]
        }
    }
}
