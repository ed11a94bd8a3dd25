import Core
import Linux
import Storage

/// What is written with the last of an import.
typealias ImportRecord = @Sendable (StoreTransaction, ImportJob) throws -> Void

/// The way of an import's lines to the writer: a few slices at a time, so that the next is read while one is stored, and no more
/// than that is in memory, of all imports together no more than the writer has room for. Slices are stored in order, and none
/// after one that was not.
final class ImportPipe: Sendable {
    /// Slices on the way.
    private static let maxSlices = 3
    /// What a slice may have at most.
    private static let room = ImportStream.sliceBytes + ImportSource.maxLineBytes

    private struct State {
        var slices = 0
        var lines: Int64 = 0
        var hasRoom = false
        var failure: (any Error)?
        /// The stream, waiting for room.
        var waiter: UnsafeContinuation<Void, Never>?
    }

    let job: ImportID
    private let reader: ImportLineReader
    private let store: Store
    private let state = Lock(State())

    /// - Parameter lines: how many of the job are stored already.
    init(job: ImportID, from lines: Int64 = 0, reader: ImportLineReader, store: Store) {
        (self.job, self.reader, self.store) = (job, reader, store)
        state.withLock { $0.lines = lines }
    }

    /// Returns when there is room for a slice to be read.
    func makeRoom() async {
        guard !state.withLock({ $0.hasRoom }) else { return }
        await store.reserve(ImportPipe.room)
        state.withLock { $0.hasRoom = true }
    }

    /// Returns when another slice may be sent.
    ///
    /// - Parameter bytes: what the slice has of the room that was made for it.
    /// - Throws: why a slice could not be stored.
    func send(_ slice: [ImportItem], bytes: Int) async throws {
        try check()
        let first = state.withLock { state in
            state.slices += 1
            state.hasRoom = false
            defer { state.lines += Int64(slice.count) }
            return state.lines
        }
        store.giveBack(ImportPipe.room - bytes)
        store.feed(bytes: bytes, { [self] transaction in
            try check()
            var tally = ImportTally()
            for item in slice { tally.count(try reader.store(item, in: transaction), line: item.line) }
            try transaction.advance(import: job, from: first, by: tally)
        }, ran: { [self] in
            leave(nil)
        }, completion: { [self] result in
            if case .failure(let error) = result { leave(error) }
        })
        await withUnsafeContinuation { continuation in
            let hasRoom = state.withLock { state in
                if state.slices >= ImportPipe.maxSlices, state.failure == nil { state.waiter = continuation }
                return state.waiter == nil
            }
            if hasRoom { continuation.resume() }
        }
        try check()
    }

    /// Returns when no slice is on the way any more; room that was made is given back.
    func settle() async {
        let hadRoom = state.withLock { state in
            defer { state.hasRoom = false }
            return state.hasRoom
        }
        if hadRoom { store.giveBack(ImportPipe.room) }
        // Whether it commits says nothing of the slices: they have told of themselves.
        _ = try? await store.feed { _ in }
    }

    /// Ends the import once every slice has run. This is taken however much waits, or the job would stay as it is.
    ///
    /// - Parameter record: belongs to the same transaction.
    /// - Throws: why it cannot be `finished`.
    func end(_ end: ImportJob.State, _ record: @escaping ImportRecord = { _, _ in }) async throws -> ImportJob {
        await settle()
        if end == .finished {
            try check()
            // Its lines may have ended opt-ins: whoever reads that it is finished may rely on them.
            await reader.context.fence.pass()
        }
        return try await store.feed { [job] transaction in
            let ended = try transaction.end(import: job, end)
            try record(transaction, ended)
            return ended
        }
    }

    private func check() throws {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// A slice has run, or has failed.
    private func leave(_ failure: (any Error)?) {
        let waiter = state.withLock { state in
            if let failure { state.failure = state.failure ?? failure } else { state.slices -= 1 }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
