/// Why storage refused. No case carries a bound value: addresses and names never reach a log this way.
package enum StorageError: Error, Equatable, CustomStringConvertible {
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

    package var description: String {
        switch self {
        case .notFound: "not found"
        case .conflict(let state): "not possible in this state: \(state)"
        case .versionMismatch: "somebody changed it meanwhile"
        case .full: "the disk is full"
        case .overloaded: "too many writes are waiting"
        case .unusable(let reason): reason
        }
    }
}
