/// A place where sample customers live.
struct DemoCity: Sendable, Equatable {
    let name: String
    let country: String
    let timezone: String
    let latitude: Double
    let longitude: Double

    static let paris = DemoCity(name: "Paris", country: "FR", timezone: "Europe/Paris", latitude: 48.8566, longitude: 2.3522)

    static func all(speaking language: DemoPerson.Language) -> [DemoCity] {
        switch language {
        case .french: french
        case .english: english
        case .spanish: spanish
        }
    }

    private static let french = [
        paris,
        DemoCity(name: "Lyon", country: "FR", timezone: "Europe/Paris", latitude: 45.7640, longitude: 4.8357),
        DemoCity(name: "Bruxelles", country: "BE", timezone: "Europe/Brussels", latitude: 50.8503, longitude: 4.3517),
        DemoCity(name: "Genève", country: "CH", timezone: "Europe/Zurich", latitude: 46.2044, longitude: 6.1432),
    ]
    private static let english = [
        DemoCity(name: "London", country: "GB", timezone: "Europe/London", latitude: 51.5072, longitude: -0.1276),
        DemoCity(name: "Dublin", country: "IE", timezone: "Europe/Dublin", latitude: 53.3498, longitude: -6.2603),
        DemoCity(name: "Chicago", country: "US", timezone: "America/Chicago", latitude: 41.8781, longitude: -87.6298),
    ]
    private static let spanish = [
        DemoCity(name: "Madrid", country: "ES", timezone: "Europe/Madrid", latitude: 40.4168, longitude: -3.7038),
        DemoCity(name: "Sevilla", country: "ES", timezone: "Europe/Madrid", latitude: 37.3891, longitude: -5.9845),
        DemoCity(name: "Mérida", country: "MX", timezone: "America/Merida", latitude: 20.9674, longitude: -89.5926),
    ]
}
