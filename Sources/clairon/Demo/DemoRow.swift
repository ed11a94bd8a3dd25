import Core

/// One row of the ledger, as `GET /v1/campaigns/{id}/deliveries` tells it.
struct DemoRow: Sendable, Equatable {
    let profile: String
    /// Nil in the row of someone whom no channel reaches.
    let channel: Channel?
    let state: DeliveryState
    let reason: Reason?

    init(_ profile: String, _ channel: Channel?, _ state: DeliveryState, _ reason: Reason? = nil) {
        self.profile = profile
        self.channel = channel
        self.state = state
        self.reason = reason
    }

    /// Nil for an element that has not the documented form.
    init?(_ json: JSONValue) {
        guard let profile = json["profile"]?.string, let state = json["state"]?.string.flatMap(DeliveryState.init(rawValue:)) else {
            return nil
        }
        self.init(profile, json["channel"]?.string.flatMap(Channel.init(rawValue:)), state,
                  json["reason"]?.string.flatMap(Reason.init(rawValue:)))
    }

    /// Nil for a row that may or may not have been sent, or is not done.
    var outcome: DemoOutcome? {
        switch state {
        case .accepted, .delivered, .opened, .clicked: .taken
        case .skipped: reason.map(DemoOutcome.skipped)
        case .rejected: reason.map(DemoOutcome.rejected)
        default: nil
        }
    }
}

/// One message that a simulated provider took: what the proof holds against the ledger.
struct DemoSighting: Sendable, Hashable {
    let channel: Channel
    let address: String
    /// False when the connection was cut instead of answered: the sender could not know.
    let isAnswered: Bool
}
