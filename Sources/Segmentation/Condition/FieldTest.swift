package import Core

/// A statement about one named value of a JSON object: a profile's attribute or an event's property.
package struct FieldTest: Sendable, Equatable {
    package let name: String
    package let test: ValueTest

    package init(_ name: String, _ test: ValueTest) {
        self.name = name
        self.test = test
    }
}

/// What is asked of the value. A value of another type than the operand makes the statement false; JSON null counts as missing.
package enum ValueTest: Sendable, Equatable {
    case isSet
    case isNotSet
    /// Numbers by their value (1 is 1.0), strings by their bytes.
    case isIn([Scalar])
    /// The complement of `isIn`.
    case isNotIn([Scalar])
    /// Numbers by value, strings by bytes; never booleans, never `eq` or `ne`.
    case compare(Comparison, Scalar)
    /// Both ends included, both of one type.
    case between(Scalar, Scalar)
    /// A string holds this string, or an array holds this element.
    case contains(Scalar)
    case startsWith(String)
    /// The value is a date: `2026-03-01`, or RFC 3339 with whole seconds counted.
    case date(DateTest)
}

/// A string, number or boolean of JSON.
package enum Scalar: Sendable, Equatable {
    case string(String)
    case number(JSONNumber)
    case bool(Bool)
}

/// An integer or a fraction, kept apart as JSON keeps them.
package enum JSONNumber: Sendable, Equatable {
    case int(Int64)
    case double(Double)
}

/// A statement about a date, which counts in whole seconds; a date without a time is its midnight in UTC.
package enum DateTest: Sendable, Equatable {
    case before(Timestamp)
    /// At that second or later.
    case after(Timestamp)
    case withinLast(Duration)
    case withinNext(Duration)
    /// Its day and month, as written, come up within that many days of which today (UTC) is the first. The 29th of February is
    /// kept on the 28th in other years.
    case anniversaryIn(days: Int64)
}
