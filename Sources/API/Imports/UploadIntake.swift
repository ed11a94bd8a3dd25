import Core
import Storage

/// Takes the body of one import into the store, in parts of which each is durable before the next is read. One task's.
final class UploadIntake {
    /// A part ends with the bytes that fill it.
    private static let partBytes = 524_288
    /// What a part may have at most: bytes of a body come in pieces much smaller than that.
    private static let room = 2 * partBytes

    let upload: Upload
    /// Of the body, so far.
    private(set) var bytes = 0
    /// Durable ones.
    private(set) var parts: Int64 = 0
    private let body: ImportBody
    private let store: Store
    private var part: [UInt8] = []
    private var hasRoom = false

    init(_ upload: Upload, _ body: @escaping ImportBody, store: Store) { (self.upload, self.body, self.store) = (upload, body, store) }

    /// The next bytes of the body; nil at its end, when all of it is stored.
    ///
    /// - Parameter checkSize: called before bytes are kept, with how many there are then.
    /// - Throws: what the body throws and `checkSize` does; `StorageError`.
    func next(_ checkSize: (Int) throws -> Void) async throws -> [UInt8]? {
        if !hasRoom {
            await store.reserve(UploadIntake.room)
            hasRoom = true
        }
        guard let piece = try await body() else {
            if !part.isEmpty { try await keep() }
            return nil
        }
        try checkSize(bytes + piece.count)
        bytes += piece.count
        part += piece
        if part.count >= UploadIntake.partBytes { try await keep() }
        return piece
    }

    private func keep() async throws {
        let (part, number) = (part, parts + 1)
        let size = min(part.count, UploadIntake.room)
        self.part = []
        hasRoom = false
        store.giveBack(UploadIntake.room - size)
        try await store.feed(bytes: size) { [upload] transaction in
            if number == 1 { try transaction.start(upload: upload) }
            try transaction.add(part: number, part, to: upload.id)
        }
        parts = number
    }

    /// Makes the whole body an import's. It is taken however much waits: all of it is here.
    ///
    /// - Parameters:
    ///   - begin: makes the import.
    ///   - record: belongs to the same transaction.
    func finish(_ begin: @escaping @Sendable (StoreTransaction) throws -> ImportID, _ record: @escaping ImportRecord) async throws -> ImportJob {
        try await store.feed { [upload, parts] transaction in
            if parts == 0 { try transaction.start(upload: upload) }
            let id = try begin(transaction)
            try transaction.complete(upload: upload.id, parts: parts, as: id)
            guard let job = try transaction.importJob(id) else { throw StorageError.notFound }
            try record(transaction, job)
            return job
        }
    }

    /// Gives back what it has of the writer's room.
    func end() {
        if hasRoom { store.giveBack(UploadIntake.room) }
        hasRoom = false
    }
}
