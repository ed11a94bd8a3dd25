/// Cuts a stream of bytes into lines at LF; a CR before it belongs to the line. A line past the limit is dropped while it arrives.
struct LineSplitter {
    enum Line: Equatable {
        /// Numbers count from 1.
        case text(Int64, [UInt8])
        case tooLong(Int64)
    }

    private let maxBytes: Int
    private var number: Int64 = 1
    private var rest: [UInt8] = []
    private var isTooLong = false

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    /// The lines that these bytes complete.
    mutating func split(_ bytes: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            keep(bytes[start..<end])
            lines.append(cut())
            start = end + 1
        }
        keep(bytes[start...])
        return lines
    }

    /// The last line, when no LF ended it.
    mutating func finish() -> Line? { rest.isEmpty && !isTooLong ? nil : cut() }

    private mutating func keep(_ piece: ArraySlice<UInt8>) {
        guard !isTooLong else { return }
        if rest.count + piece.count > maxBytes {
            isTooLong = true
            rest = []
        } else {
            rest.append(contentsOf: piece)
        }
    }

    private mutating func cut() -> Line {
        defer {
            number += 1
            rest = []
            isTooLong = false
        }
        return isTooLong ? .tooLong(number) : .text(number, rest)
    }
}
