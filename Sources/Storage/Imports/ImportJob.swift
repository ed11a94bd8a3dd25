package import Core

/// A bulk import, as the sender can look it up.
package struct ImportJob: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case profiles, subscriptions, events }
    package enum State: String, Sendable, CaseIterable {
        case running, finished
        /// The body ended early, or the process did: what `accepted` counts is in.
        case failed
    }

    package let id: ImportID
    package let kind: Kind
    package let state: State
    package let lines: Int64
    package let accepted: Int64
    package let rejected: Int64
    /// The first of them, as the API shows them.
    package let errors: [JSONValue]
    package let createdAt: Timestamp
    package let finishedAt: Timestamp?
}
