package import Core

extension Condition {
    /// The condition as JSON in one fixed spelling; reading it gives the same condition.
    package var normalizedJSON: JSONValue { .null }
}
