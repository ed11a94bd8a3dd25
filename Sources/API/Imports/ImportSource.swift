import Core
import Storage

/// The next bytes of the body of an import, never empty; nil at the end.
typealias ImportBody = () async throws -> [UInt8]?

/// The body of an import, cut into items while it arrives.
struct ImportSource {
    /// A line or record longer than that is refused whole; more than one of these is never in memory.
    static let maxLineBytes = 262_144

    private enum Form {
        case ndjson(LineSplitter)
        case csv(CSVReader, ImportColumns)
    }

    private let body: ImportBody
    private let reader: ImportLineReader
    private var form: Form
    /// What came with the header.
    private var early: [CSVItem] = []
    private var isAtEnd = false
    /// Why nothing after the last item can be read.
    private(set) var fault: CSVProblem?

    init(ndjson body: @escaping ImportBody, _ reader: ImportLineReader) {
        (self.body, self.reader) = (body, reader)
        form = .ndjson(LineSplitter(maxBytes: ImportSource.maxLineBytes))
    }

    /// Reads the header.
    ///
    /// - Throws: `Problem` or `InvalidInput` for a header that cannot be; what the body throws.
    init(csv body: @escaping ImportBody, _ reader: ImportLineReader) async throws {
        (self.body, self.reader) = (body, reader)
        var csv = CSVReader(maxRecordBytes: ImportSource.maxLineBytes)
        while early.isEmpty, !isAtEnd {
            if let bytes = try await body() { early = csv.read(bytes) } else { isAtEnd = true }
        }
        if isAtEnd { early = [csv.finish()].compactMap(\.self) }
        var header: [String] = []
        switch early.first {
        case .record(let record): header = record.fields
        case .refused(let problem), .broken(let problem):
            throw Problem(.invalidCSV, "Nothing was changed: the header on line \(problem.line): \(problem.detail).",
                          errors: [FieldError(pointer: "", code: problem.code.rawValue, detail: problem.detail)])
        case nil: break
        }
        early = Array(early.dropFirst())
        form = .csv(csv, try ImportColumns(header: header, of: reader.kind))
    }

    /// The next items, which may be none; nil at the end.
    ///
    /// - Throws: what the body throws.
    mutating func next() async throws -> [ImportItem]? {
        if !early.isEmpty {
            defer { early = [] }
            return items(early)
        }
        guard !isAtEnd, fault == nil else { return nil }
        let bytes = try await body()
        isAtEnd = bytes == nil
        switch form {
        case .ndjson(var splitter):
            // Taken out for the change, or the bytes of a line begun would be copied.
            form = .ndjson(LineSplitter(maxBytes: 0))
            defer { form = .ndjson(splitter) }
            return (bytes.map { splitter.split($0) } ?? [splitter.finish()].compactMap(\.self)).compactMap(item)
        case .csv(var csv, let columns):
            form = .csv(CSVReader(maxRecordBytes: 0), columns)
            defer { form = .csv(csv, columns) }
            return items(bytes.map { csv.read($0) } ?? [csv.finish()].compactMap(\.self))
        }
    }

    private func item(_ line: LineSplitter.Line) -> ImportItem? {
        switch line {
        case .tooLong(let number):
            let error = FieldError(pointer: "", code: "too_long", detail: "is longer than \(ImportSource.maxLineBytes) bytes")
            return ImportItem(line: number, bytes: 0, content: .refused([error]))
        case .text(let number, var line):
            // A byte order mark (RFC 8259 section 8.1: MAY be ignored).
            if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
            guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return nil }
            return ImportItem(line: number, bytes: line.count, content: reader.read(line))
        }
    }

    private mutating func items(_ items: [CSVItem]) -> [ImportItem] {
        guard case .csv(_, let columns) = form else { return [] }
        return items.map { item in
            switch item {
            case .record(let record):
                let bytes = record.fields.reduce(record.fields.count) { $0 + $1.utf8.count }
                do throws(InvalidInput) {
                    return ImportItem(line: record.line, bytes: bytes, content: reader.read(try columns.line(of: record)))
                } catch {
                    return ImportItem(line: record.line, bytes: bytes, content: .refused(error.errors))
                }
            case .refused(let problem): return ImportItem(line: problem.line, bytes: 0, content: .refused([columns.error(problem)]))
            case .broken(let problem):
                fault = problem
                return ImportItem(line: problem.line, bytes: 0, content: .refused([columns.error(problem)]))
            }
        }
    }
}
