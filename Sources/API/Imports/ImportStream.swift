import Core
import HTTPServer
import Storage

/// Takes a body apart into lines while it arrives, and stores them slice by slice. The connection is read no faster than slices are stored.
struct ImportStream {
    /// A line that names itself longer than that is refused whole; more than one of these is never in memory.
    static let maxLineBytes = 262_144
    /// A slice has as many lines, or as many bytes of them.
    private static let sliceLines = 500
    private static let sliceBytes = 524_288

    private let reader: ImportLineReader
    private let pipe: ImportPipe
    private var splitter = LineSplitter(maxBytes: ImportStream.maxLineBytes)
    private var slice: [ImportItem] = []
    private var bytes = 0

    init(job: ImportID, reader: ImportLineReader, store: Store) {
        self.reader = reader
        pipe = ImportPipe(job: job, reader: reader, store: store)
    }

    /// - Throws: `BodyError` when the body broke off: the job is failed, the slices before are in.
    mutating func run(_ body: RequestBody) async throws -> ImportJob {
        do {
            while let bytes = try await body.next() {
                for line in splitter.split(bytes) { try await take(line) }
            }
            if let last = splitter.finish() { try await take(last) }
            if !slice.isEmpty { try await send() }
            return try await pipe.finish()
        } catch {
            // The body's own error says more than a second one about the job would.
            try? await pipe.fail()
            throw error
        }
    }

    private mutating func take(_ line: LineSplitter.Line) async throws {
        switch line {
        case .tooLong(let number):
            slice.append(ImportItem(line: number, content: .refused([FieldError(pointer: "", code: "too_long", detail: "is longer than \(ImportStream.maxLineBytes) bytes")])))
        case .text(let number, let line):
            guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
            slice.append(ImportItem(line: number, content: reader.read(line)))
            bytes += line.count
        }
        if slice.count >= ImportStream.sliceLines || bytes >= ImportStream.sliceBytes { try await send() }
    }

    private mutating func send() async throws {
        let full = slice
        slice = []
        slice.reserveCapacity(ImportStream.sliceLines)
        bytes = 0
        try await pipe.send(full)
    }
}
