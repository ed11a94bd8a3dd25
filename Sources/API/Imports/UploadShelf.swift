import Core
import Linux
import Storage

/// How much room the bodies of waiting imports have, and which of them takes how much. What is taken is given back once the upload is
/// deleted, so that the disk never holds more.
final class UploadShelf: Sendable {
    private struct State {
        var sizes: [UploadID: Int]
        var taken: Int
        var lastID: Int64
        /// Those that never came whole, to be deleted.
        var broken: [UploadID]
    }

    /// What an upload takes by itself, so that their number is bounded too.
    static let overhead = 4_096

    let maxBytes: Int
    private let state: Lock<State>

    /// - Parameter found: what the process before has left.
    init(maxBytes: Int, found: [(id: UploadID, bytes: Int, isWhole: Bool)]) {
        self.maxBytes = maxBytes
        let sizes = Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0.bytes + UploadShelf.overhead) })
        state = Lock(State(sizes: sizes, taken: sizes.values.reduce(0, +), lastID: found.map(\.id.rawValue).max() ?? 0,
                           broken: found.filter { !$0.isWhole }.map(\.id)))
    }

    var takenBytes: Int { state.withLock { $0.taken } }
    var broken: [UploadID] { state.withLock { $0.broken } }

    /// Takes room for a new upload.
    ///
    /// - Parameter bytes: of its body, as far as its sender has told.
    /// - Throws: `Problem` 413 for what can never be taken, 503 when there is no room now.
    func add(bytes: Int) throws -> UploadID {
        try state.withLock { state throws in
            try check(bytes, more: bytes, state.taken)
            state.lastID += 1
            let id = UploadID(rawValue: state.lastID)
            state.sizes[id] = bytes + UploadShelf.overhead
            state.taken += bytes + UploadShelf.overhead
            return id
        }
    }

    /// Takes room for more than its sender has told.
    ///
    /// - Throws: as `add`.
    func grow(_ id: UploadID, to bytes: Int) throws {
        try state.withLock { state throws in
            let more = bytes + UploadShelf.overhead - (state.sizes[id] ?? 0)
            guard more > 0 else { return }
            try check(bytes, more: more, state.taken)
            state.sizes[id, default: 0] += more
            state.taken += more
        }
    }

    private func check(_ bytes: Int, more: Int, _ taken: Int) throws {
        guard bytes <= maxBytes - UploadShelf.overhead else {
            throw Problem(.payloadTooLarge, "An import that is not waited for may have at most \(maxBytes - UploadShelf.overhead) bytes: send it in several, or without Prefer: respond-async.")
        }
        guard more <= maxBytes - UploadShelf.overhead - taken else {
            throw Problem(.unavailable, "Nothing was changed: imports that wait take all the room there is for them. Repeat it later, or without Prefer: respond-async.",
                          headers: [("retry-after", "30")])
        }
    }

    /// It did not come whole, and something of it is stored.
    func abandon(_ id: UploadID) { state.withLock { $0.broken.append(id) } }

    /// Nothing of it is stored any more.
    func remove(_ id: UploadID) {
        state.withLock { state in
            state.taken -= state.sizes.removeValue(forKey: id) ?? 0
            state.broken.removeAll { $0 == id }
        }
    }
}
