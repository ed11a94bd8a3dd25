package import Core

/// A person, as the brand describes them.
package struct Profile: Sendable, Equatable {
    package struct Location: Sendable, Equatable {
        package let latitude: Double
        package let longitude: Double

        package init(latitude: Double, longitude: Double) {
            (self.latitude, self.longitude) = (latitude, longitude)
        }
    }

    package private(set) var id: ProfileID
    package let externalID: String
    package private(set) var language: String?
    package private(set) var timezone: String?
    package private(set) var country: String?
    package private(set) var location: Location?
    package private(set) var attributes: JSONObject
    /// Sorted by their bytes, each once.
    package private(set) var tags: [String]
    /// 0..9999.
    package let bucket: Int
    package let lastSeenAt: Timestamp?
    package let createdAt: Timestamp
    package private(set) var updatedAt: Timestamp

    /// The profile as it is once `change` is made.
    func applying(_ change: ProfileChange, at now: Timestamp) -> Profile {
        var new = self
        new.language = change.language.applied(to: language)
        new.timezone = change.timezone.applied(to: timezone)
        new.country = change.country.applied(to: country)
        new.location = change.location.applied(to: location)
        if change.replacesAttributes { new.attributes = JSONObject() }
        for member in change.attributes.members {
            new.attributes[member.name] = member.value == .null ? Optional.none : member.value
        }
        new.tags = (change.tags.applied(to: tags) ?? []).inByteOrder()
        new.updatedAt = now
        return new
    }

    func numbered(_ id: ProfileID) -> Profile {
        var new = self
        new.id = id
        return new
    }
}

/// What a write does to one field.
package enum FieldChange<Value: Sendable>: Sendable {
    case keep
    case clear
    case set(Value)

    func applied(to value: Value?) -> Value? {
        switch self {
        case .keep: value
        case .clear: nil
        case .set(let value): value
        }
    }
}

/// What a write says about a profile.
package struct ProfileChange: Sendable {
    package var language = FieldChange<String>.keep
    package var timezone = FieldChange<String>.keep
    package var country = FieldChange<String>.keep
    package var location = FieldChange<Profile.Location>.keep
    package var tags = FieldChange<[String]>.keep
    /// Members replace those of the same name, null removes them (RFC 7396, one level deep).
    package var attributes = JSONObject()
    /// Whether attributes that are not named go.
    package var replacesAttributes = false

    /// Changes nothing.
    package init() {}

    /// Replaces everything: what is not set afterwards is cleared.
    package static var replacement: ProfileChange {
        var change = ProfileChange()
        (change.language, change.timezone, change.country) = (.clear, .clear, .clear)
        (change.location, change.tags) = (.clear, .clear)
        change.replacesAttributes = true
        return change
    }
}

/// What a write did.
package struct Written<Value: Sendable>: Sendable {
    package let value: Value
    /// Whether the row is new.
    package let isNew: Bool
}
