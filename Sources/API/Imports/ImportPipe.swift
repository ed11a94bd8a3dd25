import Core
import Linux
import Storage

/// The way of an import's lines to the writer: a few slices at a time, so that the next is read while one is stored, and no more
/// than that is in memory. Slices are stored in order, and none after one that was not.
final class ImportPipe: Sendable {
    /// Slices on the way.
    private static let maxSlices = 3

    private struct State {
        var slices = 0
        var failure: (any Error)?
        /// The stream, waiting for room.
        var waiter: UnsafeContinuation<Void, Never>?
    }

    let job: ImportID
    private let reader: ImportLineReader
    private let store: Store
    private let state = Lock(State())

    init(job: ImportID, reader: ImportLineReader, store: Store) {
        (self.job, self.reader, self.store) = (job, reader, store)
    }

    /// Returns when there is room for another slice.
    ///
    /// - Throws: why a slice could not be stored.
    func send(_ slice: [ImportItem]) async throws {
        try check()
        state.withLock { $0.slices += 1 }
        store.feed({ [self] transaction in
            try check()
            var tally = ImportTally()
            for item in slice { tally.count(try reader.store(item, in: transaction), line: item.line) }
            try transaction.advance(import: job, by: tally)
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

    /// Ends the import once every slice is stored.
    func finish() async throws -> ImportJob {
        try await store.write { [self] transaction in
            try check()
            return try transaction.end(import: job, .finished)
        }
    }

    /// Ends an import that broke off; what it counts is in.
    func fail() async throws {
        _ = try await store.write { [job] in try $0.end(import: job, .failed) }
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
