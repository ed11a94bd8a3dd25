import Core
import HTTPServer
import Storage

/// Takes a body apart into lines while it arrives, and stores them slice by slice. The connection is read no faster than slices commit.
struct ImportStream {
    /// A line that names itself longer than that is refused whole; more than one of these is never in memory.
    static let maxLineBytes = 262_144
    static let sliceLines = 500

    private let job: ImportID
    private let reader: ImportLineReader
    private let store: Store
    private var splitter = LineSplitter(maxBytes: ImportStream.maxLineBytes)
    private var tally = ImportTally()
    private var slice: [ImportItem] = []

    init(job: ImportID, reader: ImportLineReader, store: Store) {
        self.job = job
        self.reader = reader
        self.store = store
    }

    /// - Throws: `BodyError` when the body broke off: the job is failed, the slices before are in.
    mutating func run(_ body: RequestBody) async throws -> ImportJob {
        do {
            while let bytes = try await body.next() {
                for line in splitter.split(bytes) { try await take(line) }
            }
            if let last = splitter.finish() { try await take(last) }
            return try await flush(.finished)
        } catch {
            let (job, counts) = (job, tally)
            // The body's own error says more than a second one about the job would.
            _ = try? await store.write {
                try $0.advance(import: job, to: .failed, lines: counts.lines, accepted: counts.accepted, rejected: counts.rejected, errors: counts.errors)
            }
            throw error
        }
    }

    private mutating func take(_ line: LineSplitter.Line) async throws {
        switch line {
        case .tooLong(let number):
            slice.append(ImportItem(line: number, content: .refused([FieldError(pointer: "", code: "too_long", detail: "is longer than \(ImportStream.maxLineBytes) bytes")])))
        case .text(let number, let bytes):
            guard bytes.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
            slice.append(ImportItem(line: number, content: reader.read(bytes)))
        }
        if slice.count == ImportStream.sliceLines { _ = try await flush(.running) }
    }

    /// Stores the slice and how far the job is, in one transaction.
    private mutating func flush(_ state: ImportJob.State) async throws -> ImportJob {
        let (job, reader, slice, before) = (job, reader, slice, tally)
        self.slice.removeAll(keepingCapacity: true)
        let (advanced, tally) = try await store.write { transaction in
            var tally = before
            for item in slice { tally.count(try reader.store(item, in: transaction), line: item.line) }
            let advanced = try transaction.advance(import: job, to: state, lines: tally.lines, accepted: tally.accepted,
                                                   rejected: tally.rejected, errors: tally.errors)
            return (advanced, tally)
        }
        self.tally = tally
        return advanced
    }
}

/// How many lines an import has read, and what was wrong with the first ones.
struct ImportTally: Sendable {
    static let maxErrors = 100

    private(set) var lines: Int64 = 0
    private(set) var accepted: Int64 = 0
    private(set) var rejected: Int64 = 0
    private(set) var errors: [JSONValue] = []

    /// - Parameter problems: none for a line that is in.
    mutating func count(_ problems: [FieldError], line: Int64) {
        lines += 1
        guard !problems.isEmpty else {
            accepted += 1
            return
        }
        rejected += 1
        for problem in problems where errors.count < ImportTally.maxErrors {
            errors.append(["line": .int(line), "pointer": .string(problem.pointer), "code": .string(problem.code), "detail": .string(problem.detail)])
        }
    }
}
