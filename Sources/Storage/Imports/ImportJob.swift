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
    /// What the sender calls it.
    package let label: String?
    package let state: State
    package let lines: Int64
    package let accepted: Int64
    package let rejected: Int64
    /// The first of them, as the API shows them.
    package let errors: [JSONValue]
    package let createdAt: Timestamp
    package let finishedAt: Timestamp?
}

/// What became of some lines of an import.
package struct ImportTally: Sendable {
    /// So many an import keeps; all are counted.
    package static let maxErrors = 100

    package private(set) var lines: Int64 = 0
    package private(set) var accepted: Int64 = 0
    package private(set) var rejected: Int64 = 0
    /// The first of them, as the API shows them.
    package private(set) var errors: [JSONValue] = []

    package init() {}

    /// - Parameter problems: none for a line that is in.
    package mutating func count(_ problems: [FieldError], line: Int64) {
        lines += 1
        guard !problems.isEmpty else {
            accepted += 1
            return
        }
        rejected += 1
        for problem in problems where errors.count < ImportTally.maxErrors {
            errors.append(["line": .int(line), "pointer": .string(problem.pointer), "code": .string(problem.code), "detail": .string(problem.detail)])
        }
    }
}
