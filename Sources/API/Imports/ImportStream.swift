import Core
import HTTPServer
import Storage

/// Stores the items of an import slice by slice. The connection is read no faster than slices are stored.
struct ImportStream {
    /// A slice has as many lines, or as many bytes of them.
    private static let sliceLines = 500
    static let sliceBytes = 524_288

    private var source: ImportSource
    private let pipe: ImportPipe
    private var slice: [ImportItem] = []
    private var bytes = 0

    init(_ source: ImportSource, _ pipe: ImportPipe) { (self.source, self.pipe) = (source, pipe) }

    /// - Throws: `BodyError` when the body broke off, `Problem` when what follows cannot be read: the job is failed, the slices before are in.
    mutating func run() async throws -> ImportJob {
        do {
            while true {
                // Before the socket is read: what cannot be stored soon stays with its sender.
                await pipe.makeRoom()
                guard let items = try await source.next() else { break }
                for item in items {
                    if slice.isEmpty { await pipe.makeRoom() }
                    slice.append(item)
                    bytes += item.bytes
                    if slice.count >= ImportStream.sliceLines || bytes >= ImportStream.sliceBytes { try await send() }
                }
            }
            if !slice.isEmpty { try await send() }
            guard let fault = source.fault else { return try await pipe.end(.finished) }
            throw Problem(.invalidCSV, "Nothing was read from line \(fault.line) on: \(fault.detail). The lines before are stored: GET /v1/imports/\(pipe.job) tells what became of them.",
                          errors: [FieldError(pointer: "", code: fault.code.rawValue, detail: fault.detail)])
        } catch {
            // The error itself says more than a second one about the job would.
            _ = try? await pipe.end(.failed)
            throw error
        }
    }

    private mutating func send() async throws {
        let full = (slice, bytes)
        slice = []
        slice.reserveCapacity(ImportStream.sliceLines)
        bytes = 0
        try await pipe.send(full.0, bytes: full.1)
    }
}
