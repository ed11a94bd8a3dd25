import Core
import Storage

/// Stores the items of an import slice by slice. The body is read no faster than slices are stored.
struct ImportStream {
    /// A slice has as many lines, or as many bytes of them.
    private static let sliceLines = 500
    static let sliceBytes = 524_288

    private var source: ImportSource
    private let pipe: ImportPipe
    /// Items still to come that an earlier process, or an earlier try, has stored.
    private var known: Int64
    private var slice: [ImportItem] = []
    private var bytes = 0

    init(_ source: ImportSource, _ pipe: ImportPipe, skipping known: Int64 = 0) { (self.source, self.pipe, self.known) = (source, pipe, known) }

    /// Ends the job as finished.
    ///
    /// - Parameter record: belongs to the transaction that does.
    /// - Throws: what the body throws, `Problem` when what follows cannot be read, or why a slice could not be stored: the slices before are
    ///   in, and the job is running still.
    mutating func run(_ record: @escaping ImportRecord = { _, _ in }) async throws -> ImportJob {
        while true {
            // Before the body is read: what cannot be stored soon stays where it is.
            await pipe.makeRoom()
            guard let items = try await source.next() else { break }
            for item in items {
                guard known == 0 else {
                    known -= 1
                    continue
                }
                if slice.isEmpty { await pipe.makeRoom() }
                slice.append(item)
                bytes += item.bytes
                if slice.count >= ImportStream.sliceLines || bytes >= ImportStream.sliceBytes { try await send() }
            }
        }
        if !slice.isEmpty { try await send() }
        guard let fault = source.fault else { return try await pipe.end(.finished, record) }
        throw Problem(.invalidCSV, "Nothing was read from line \(fault.line) on: \(fault.detail). The lines before are stored: GET /v1/imports/\(pipe.job) tells what became of them.",
                      errors: [FieldError(pointer: "", code: fault.code.rawValue, detail: fault.detail)])
    }

    private mutating func send() async throws {
        let full = (slice, bytes)
        slice = []
        slice.reserveCapacity(ImportStream.sliceLines)
        bytes = 0
        try await pipe.send(full.0, bytes: full.1)
    }
}
