/// Why storage refused. No case carries a bound value: addresses and names never reach a log this way.
package enum StorageError: Error, Equatable {
    case notFound
    /// The row is not in a state that allows this; the text names the state.
    case conflict(String)
    /// `If-Match` named another version.
    case versionMismatch
    /// The disk is full: nothing was written, intake should answer 503.
    case full
    /// The writer has more waiting than it may hold: come back later.
    case overloaded
    /// The folder, file or schema is not usable; the text says what to do.
    case unusable(String)
}
