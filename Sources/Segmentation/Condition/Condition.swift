package import Core

/// Who belongs to a segment: a tree of `and`, `or` and `not` over statements about one profile. A value; how it is
/// read from JSON, written back and compiled to SQL is in the files beside it.
///
/// Two-valued: a statement about something unknown (no such attribute, no location, another type) is false, and its
/// `not` is true. `ne` and `not_in` are the exact complements of `eq` and `in`, hence true for a missing attribute.
package indirect enum Condition: Sendable, Equatable {
    /// At least one child each.
    case and([Condition])
    case or([Condition])
    case not(Condition)
    /// `{"all":true}`: everyone, said out loud.
    case all
    case attribute(FieldTest)
    /// Has at least one of these tags.
    case tag([String])
    /// Speaks one of these: `fr` also matches `fr-CA` (RFC 4647 section 3.3.1, basic filtering). Lower case.
    case language([String])
    /// Lives in one of these, ISO 3166-1 alpha-2, upper case.
    case country([String])
    case within(Circle)
    case event(EventTest)
    /// Has a valid, opted-in subscription; on that channel and to that topic when they are named.
    case subscribed(channel: Channel?, topic: String?)
    case lastSeen(TimeTest)
    /// Some valid subscription runs an app version that compares so; `ne` is the complement of `eq`.
    case appVersion(Comparison, AppVersionText)
    case segment(SegmentID)
    /// A launch of the campaign reached the profile in that state: for `accepted`, `delivered`, `opened` and `clicked` that far
    /// or farther, for the others exactly that.
    case campaign(CampaignID, DeliveryState)
    /// The person's fixed number, 0 to 9,999, is in this range: hundredths of a percent.
    case bucket(Range<Int64>)
}

/// The six orders. The raw value is the word in JSON.
package enum Comparison: String, Sendable, CaseIterable {
    case eq, ne, gt, gte, lt, lte
}

/// A version that was checked to be one, with the words it came in.
package struct AppVersionText: Sendable, Equatable {
    package let text: String
    package let version: AppVersion

    package init?(_ text: String) {
        guard let version = AppVersion(text) else { return nil }
        self.text = text
        self.version = version
    }
}

/// A place and a distance around it.
package struct Circle: Sendable, Equatable {
    package let latitude: Double
    package let longitude: Double
    package let radiusMeters: Double

    package init(latitude: Double, longitude: Double, radiusMeters: Double) {
        self.latitude = latitude
        self.longitude = longitude
        self.radiusMeters = radiusMeters
    }
}

/// A statement about a moment that may be unknown.
package enum TimeTest: Sendable, Equatable {
    case before(Timestamp)
    /// At that moment or later.
    case after(Timestamp)
    /// Between now minus that and now, both included.
    case withinLast(Duration)
    case isSet
    case isNotSet
}
