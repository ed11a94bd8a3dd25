package import Core

/// A message to one person, as it was posted.
package struct StoredMessage: Sendable, Equatable {
    package let id: MessageID
    /// The person's external id.
    package let profile: String
    package let purpose: Purpose
    /// Compact JSON, without the person.
    package let definition: String
    package let createdAt: Timestamp
    package let expiresAt: Timestamp
}
