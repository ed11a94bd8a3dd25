package import Core

/// A statement about the events of one name that a profile has: those in the time range and with the wanted properties are
/// selected, and every aggregate must hold over them.
package struct EventTest: Sendable, Equatable {
    package var name: String
    /// Not older than that before now.
    package var within: Duration?
    /// At that moment or later.
    package var after: Timestamp?
    package var before: Timestamp?
    package var filter: PropertyFilter?
    /// Never empty: without any in the JSON it is `count >= 1`.
    package var aggregates: [EventAggregate]

    package init(_ name: String, within: Duration? = nil, after: Timestamp? = nil, before: Timestamp? = nil,
                 where filter: PropertyFilter? = nil, _ aggregates: [EventAggregate] = [.count(.gte, 1)]) {
        self.name = name
        self.within = within
        self.after = after
        self.before = before
        self.filter = filter
        self.aggregates = aggregates
    }
}

/// What an event's properties must be.
package indirect enum PropertyFilter: Sendable, Equatable {
    case and([PropertyFilter])
    case or([PropertyFilter])
    case not(PropertyFilter)
    case property(FieldTest)
}

package enum EventAggregate: Sendable, Equatable {
    case count(Comparison, Int64)
    /// Over the events where the property is a number; the sum of none is 0, the highest and lowest of none compare false.
    case sum(property: String, Comparison, JSONNumber)
    case max(property: String, Comparison, JSONNumber)
    case min(property: String, Comparison, JSONNumber)
    /// The first or last selected event happened then; false when there is none. Never `isSet` or `isNotSet`.
    case first(TimeTest)
    case last(TimeTest)
}
