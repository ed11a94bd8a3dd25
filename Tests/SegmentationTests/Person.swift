import Core

/// A profile with everything a condition may ask about, as plain values: what the test database holds and what the
/// reference evaluator judges.
struct Person {
    struct Event {
        var name: String
        var at: Int64
        var properties: JSONObject = [:]
    }

    struct Subscription {
        var channel: Channel
        var isOptedIn = true
        var isActive = true
        var appVersion: String?
        var topics: [String] = []
    }

    struct Delivery {
        var campaign: Int64
        var isTest = false
        var state: DeliveryState
    }

    var id: Int64
    var language: String?
    var country: String?
    var place: (latitude: Double, longitude: Double)?
    var attributes: JSONObject = [:]
    var bucket: Int64 = 0
    var lastSeen: Int64?
    var tags: [String] = []
    var events: [Event] = []
    var subscriptions: [Subscription] = []
    var deliveries: [Delivery] = []
}
