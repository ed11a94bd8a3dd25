/// Reads CSV (RFC 4180) while it arrives, in pieces of any size: the same bytes give the same items, however they are cut.
///
/// Strict: the first record says how many fields each one has (section 2.4), a quote stands only around a field or doubled inside
/// one in quotes (2.5 to 2.7), and text is UTF-8. Looser in three things that spreadsheets and Unix tools do: a line may end in LF alone,
/// a byte order mark may stand at the very start, and lines with nothing in them are skipped.
package struct CSVReader {
    private enum State {
        /// Before the first byte of a field.
        case start
        case plain, quoted
        /// After a quote inside a field in quotes: its end, or the first of two.
        case quote
        /// After a CR outside of quotes, which must be followed by LF.
        case carriageReturn
        case broken
    }

    private let maxRecordBytes: Int
    private let maxFields: Int
    /// The first bytes, as long as they may be a byte order mark.
    private var mark: [UInt8]? = []
    private var state = State.start
    private var line: Int64 = 1
    /// The record under way: where it starts, how long it is with quotes and commas, and what stands in it.
    private var recordLine: Int64 = 1
    private var recordBytes = 0
    private var text: [UInt8] = []
    private var ends: [Int] = []
    private var fieldCount = 0
    /// How many fields each record has, once the first has been read.
    private var width: Int?

    /// - Parameters:
    ///   - maxRecordBytes: of one record, without its line end; no more than that is kept.
    ///   - maxFields: of the first record.
    package init(maxRecordBytes: Int, maxFields: Int = 1_000) {
        self.maxRecordBytes = maxRecordBytes
        self.maxFields = maxFields
    }

    /// The items that these bytes complete.
    package mutating func read(_ bytes: [UInt8]) -> [CSVItem] {
        var items: [CSVItem] = []
        guard var start = mark else {
            read(bytes[...], into: &items)
            return items
        }
        let taken = min(bytes.count, CSVReader.byteOrderMark.count - start.count)
        start += bytes[..<taken]
        let isOpen = start.count < CSVReader.byteOrderMark.count && CSVReader.byteOrderMark.starts(with: start)
        mark = isOpen ? start : nil
        guard !isOpen else { return items }
        if start != CSVReader.byteOrderMark { read(start[...], into: &items) }
        read(bytes[taken...], into: &items)
        return items
    }

    /// The last item, when no line end came after it.
    package mutating func finish() -> CSVItem? {
        var items: [CSVItem] = []
        if let start = mark { read(start[...], into: &items) }
        mark = nil
        switch state {
        case .start where recordBytes == 0, .broken: break
        case .start, .plain, .quote: endRecord(into: &items)
        case .quoted: items.append(fault("the field in quotes that begins in this record is never closed"))
        case .carriageReturn: items.append(fault("a CR without LF stands at the end: lines must end in CR LF or LF"))
        }
        return items.first
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let (quote, comma, lf, cr) = (UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r"))

    private mutating func read(_ bytes: ArraySlice<UInt8>, into items: inout [CSVItem]) {
        var at = bytes.startIndex
        while at < bytes.endIndex, state != .broken {
            let byte = bytes[at]
            switch state {
            case .start where byte == CSVReader.quote:
                keep(bytes[at..<at], counting: 1)
                state = .quoted
                at += 1
            case .start, .plain:
                let end = bytes[at...].firstIndex { $0 == CSVReader.comma || $0 == CSVReader.lf || $0 == CSVReader.cr || $0 == CSVReader.quote } ?? bytes.endIndex
                if end > at {
                    keep(bytes[at..<end], counting: end - at)
                    state = .plain
                    at = end
                } else if byte == CSVReader.quote {
                    items.append(fault("a quote stands inside a field without quotes on line \(line): put the field in quotes and double the quotes inside"))
                } else {
                    delimit(byte, into: &items)
                    at += 1
                }
            case .quoted:
                let end = bytes[at...].firstIndex { $0 == CSVReader.quote || $0 == CSVReader.lf } ?? bytes.endIndex
                // A line end inside the field belongs to it, and is counted.
                let isLine = end < bytes.endIndex && bytes[end] == CSVReader.lf
                let next = end < bytes.endIndex ? end + 1 : end
                keep(bytes[at..<(isLine ? next : end)], counting: next - at)
                if isLine { line += 1 } else if end < bytes.endIndex { state = .quote }
                at = next
            case .quote where byte == CSVReader.quote:
                keep(bytes[at...at], counting: 1)
                state = .quoted
                at += 1
            case .quote:
                if byte == CSVReader.comma || byte == CSVReader.lf || byte == CSVReader.cr {
                    delimit(byte, into: &items)
                } else {
                    items.append(fault("text follows the quote that ends a field on line \(line): double the quotes inside a field in quotes"))
                }
                at += 1
            case .carriageReturn:
                if byte == CSVReader.lf {
                    delimit(byte, into: &items)
                } else {
                    items.append(fault("a CR without LF stands on line \(line): lines must end in CR LF or LF"))
                }
                at += 1
            case .broken: return
            }
        }
    }

    /// Adds a piece of the record, or drops it once the record is too long.
    private mutating func keep(_ piece: ArraySlice<UInt8>, counting bytes: Int) {
        recordBytes += bytes
        if isTooLong { text.removeAll(keepingCapacity: true) } else { text.append(contentsOf: piece) }
    }

    private var isTooLong: Bool { recordBytes > maxRecordBytes }

    private mutating func delimit(_ byte: UInt8, into items: inout [CSVItem]) {
        switch byte {
        case CSVReader.comma:
            recordBytes += 1
            endField()
            state = .start
        case CSVReader.cr:
            state = .carriageReturn
        default:
            if recordBytes > 0 { endRecord(into: &items) }
            line += 1
            if state != .broken { (state, recordLine) = (.start, line) }
        }
    }

    private mutating func endField() {
        fieldCount += 1
        if fieldCount <= width ?? maxFields { ends.append(text.count) }
    }

    private mutating func endRecord(into items: inout [CSVItem]) {
        endField()
        if width == nil, fieldCount > maxFields {
            items.append(.broken(CSVProblem(line: recordLine, .wrongFieldCount, "has \(fieldCount) fields, at most \(maxFields) are taken")))
            state = .broken
            return
        }
        let width = width ?? fieldCount
        self.width = width
        items.append(record(width))
        recordBytes = 0
        fieldCount = 0
        text.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    private func record(_ width: Int) -> CSVItem {
        guard !isTooLong else { return .refused(CSVProblem(line: recordLine, .tooLong, "is longer than \(maxRecordBytes) bytes")) }
        guard fieldCount == width else {
            return .refused(CSVProblem(line: recordLine, .wrongFieldCount, "has \(fieldCount) fields, the first record has \(width)"))
        }
        var fields: [String] = []
        fields.reserveCapacity(ends.count)
        var start = 0
        for (index, end) in ends.enumerated() {
            guard let field = String(validating: text[start..<end], as: UTF8.self) else {
                return .refused(CSVProblem(line: recordLine, .invalidUTF8, "is not valid UTF-8: save the file as CSV UTF-8", field: index))
            }
            fields.append(field)
            start = end
        }
        return .record(CSVRecord(line: recordLine, fields: fields))
    }

    private mutating func fault(_ detail: String) -> CSVItem {
        state = .broken
        return .broken(CSVProblem(line: recordLine, .invalidCSV, detail))
    }
}
