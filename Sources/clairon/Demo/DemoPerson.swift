import Core

/// One customer of the sample shop, with everything the demonstration expects of them.
struct DemoPerson: Sendable, Equatable {
    enum Language: String, Sendable, CaseIterable {
        case french = "fr"
        case english = "en"
        case spanish = "es"
    }

    struct Purchase: Sendable, Equatable {
        let daysAgo: Int64
        let product: String
        let amount: Double
    }

    /// From 1.
    let number: Int
    let language: Language
    /// Nil for a customer who gave none.
    let firstName: String?
    let tier: String
    let city: DemoCity
    let latitude: Double
    let longitude: Double
    let isStaff: Bool
    let purchases: [Purchase]
    let addresses: [DemoAddress]

    var externalID: String { "u\(number)" }
}

/// One address of one person, and what is special about it.
struct DemoAddress: Sendable, Equatable {
    let channel: Channel
    /// Its number in the sandbox's address book.
    let index: Int
    /// The person said no to this channel.
    var isOptedOut = false
    /// The provider does not know it any more.
    var isDead = false
    /// The person wrote to the page within a day: a channel with a messaging window may be used.
    var hasOpenWindow = false

    /// The account of the sandbox's configuration that serves the channel.
    var account: String {
        switch channel {
        case .apns: "ios-main"
        case .fcm: "android-main"
        case .webpush: "web"
        case .messenger: "page"
        default: "sms-fr"
        }
    }

    /// Whether the provider de-duplicates or replaces: only there may an open outcome be sent again.
    static func mayRepeat(_ channel: Channel) -> Bool {
        switch channel {
        case .apns, .fcm, .webpush: true
        default: false
        }
    }
}
