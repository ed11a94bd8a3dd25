import Core
import Storage

/// One line of an import, read but not stored.
struct ImportItem: Sendable {
    enum Content: Sendable {
        case profile(String, ProfileChange)
        case subscription(PlannedRegistration)
        case event(NewEvent)
        case refused([FieldError])
    }

    /// Counts from 1.
    let line: Int64
    /// As it arrived.
    let bytes: Int
    let content: Content
}
