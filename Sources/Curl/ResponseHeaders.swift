/// The header lines of an answer, kept as they came and read only when asked.
///
/// Names are given in lower case. Trailers count as headers. At most 16 KiB are kept.
package struct ResponseHeaders: Sendable, Sequence {
    static let maxBytes = 16 * 1024

    /// `name: value` lines, each with its line end.
    private var lines: [UInt8] = []

    init() {}

    package init(lines: [UInt8]) {
        self.lines = lines
    }

    /// Keeps a line unless the limit is reached.
    mutating func append(_ line: UnsafeRawBufferPointer) {
        guard line.count <= Self.maxBytes - lines.count else { return }
        if lines.isEmpty { lines.reserveCapacity(512) }
        lines.append(contentsOf: line)
    }

    /// The value of the first line of that name, given in lower case.
    package subscript(name: String) -> String? {
        for line in Lines(bytes: lines[...]) where Self.equal(line.name, name.utf8) {
            return Self.text(line.value)
        }
        return nil
    }

    package func makeIterator() -> AnyIterator<(name: String, value: String)> {
        var rest = Lines(bytes: lines[...])
        return AnyIterator {
            guard let line = rest.next() else { return nil }
            return (Self.text(line.name.map(Self.lowercase)[...]), Self.text(line.value))
        }
    }

    private static func equal(_ bytes: ArraySlice<UInt8>, _ name: String.UTF8View) -> Bool {
        bytes.count == name.count && zip(bytes, name).allSatisfy { lowercase($0) == $1 }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    /// UTF-8 if it is, else Latin-1: RFC 9110 §5.5 leaves bytes above 127 without a meaning.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var text = ""
        for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
        return text
    }
}

/// Splits header bytes into names and values; a line without a name is passed over.
private struct Lines: Sequence, IteratorProtocol {
    var bytes: ArraySlice<UInt8>

    mutating func next() -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
        while !bytes.isEmpty {
            let end = bytes.firstIndex(of: 0x0A) ?? bytes.endIndex
            let line = bytes[bytes.startIndex..<end]
            bytes = bytes[end...].dropFirst()
            guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex else { continue }
            return (line[..<colon], Self.trimmed(line[colon...].dropFirst()))
        }
        return nil
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        guard let last = bytes.lastIndex(where: { !isBlank($0) }) else { return bytes.prefix(0) }
        return bytes[...last].drop(while: isBlank)
    }
}
