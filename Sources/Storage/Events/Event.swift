package import Core

/// Something a person did, as the sender tells it.
package struct NewEvent: Sendable {
    /// The sender's own id: repeats of it change nothing.
    package var id: String
    /// External id.
    package var profile: String
    package var name: String
    /// Now when nobody said.
    package var at: Timestamp?
    package var properties: JSONObject

    package init(id: String, profile: String, name: String, at: Timestamp? = nil, properties: JSONObject = JSONObject()) {
        self.id = id
        self.profile = profile
        self.name = name
        self.at = at
        self.properties = properties
    }
}

/// What became of a sent event.
package enum EventOutcome: String, Sendable {
    case accepted
    /// The id is known: nothing was changed.
    case duplicate
    /// No such profile, and none may be made: nothing was changed.
    case unknownProfile = "unknown_profile"
}

/// A stored event.
package struct Event: Sendable, Equatable {
    package let row: Int64
    package let id: String
    package let name: String
    package let at: Timestamp
    package let properties: JSONObject
}
