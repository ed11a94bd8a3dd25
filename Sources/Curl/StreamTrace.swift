/// Which HTTP/2 stream a transfer used, and whether the peer declared that it never looked at it.
///
/// A GOAWAY names the last stream that the peer acted on or might have; those above it were not
/// processed (RFC 9113 §6.8). libcurl 7.88.1 has no interface for that, but it logs the connection, the
/// stream and the GOAWAY. A line that it words otherwise is not understood, and then a transfer counts
/// as ambiguous: never the other way round.
struct StreamTrace {
    /// libcurl's number of the connection in use; nil while there is none.
    private var connection: UInt64?
    private var stream: UInt64?
    /// The last attempt was refused and no other one has begun.
    private(set) var isRefused = false

    /// Whether `read` may find something in a line: in most, told by their first byte, it does not.
    static func heeds(_ line: UnsafeRawBufferPointer) -> Bool {
        switch line.first {
        case UInt8(ascii: "U"), UInt8(ascii: "R"), UInt8(ascii: "C"), UInt8(ascii: "r"): true
        default: false
        }
    }

    /// Reads one line of the log.
    mutating func read(_ line: UnsafeRawBufferPointer, _ goAways: GoAwayLog) {
        guard Self.heeds(line), let first = line.first else { return }
        switch first {
        case UInt8(ascii: "U"):
            if let number = Self.number(in: line, after: "Using Stream ID: ") {
                stream = number
                isRefused = false
            }
        case UInt8(ascii: "R"):
            if let number = Self.number(in: line, after: "Re-using existing connection #") { connection = number }
        case UInt8(ascii: "C"):
            if Self.starts(line, with: "Connection died") {
                // A retry follows on another connection, or an error: judge the attempt now.
                isRefused = isAbove(goAways)
                connection = nil
                stream = nil
            } else if Self.starts(line, with: "Connected to "), let sign = line.lastIndex(of: UInt8(ascii: "#")) {
                connection = Self.number(line[(sign + 1)...])
            }
        case UInt8(ascii: "r"):
            // 7.88.1 spells it "recveived".
            if Self.starts(line, with: "recveived GOAWAY") || Self.starts(line, with: "received GOAWAY"),
                let connection, let sign = line.lastIndex(of: UInt8(ascii: "=")),
                let last = Self.number(line[(sign + 1)...])
            {
                goAways.note(connection: connection, lastStream: last)
            }
        default:
            break
        }
    }

    /// Whether the peer never looked at the attempt that has just ended.
    func wasRefused(_ goAways: GoAwayLog) -> Bool {
        isRefused || isAbove(goAways)
    }

    /// Another attempt has begun, with a fate of its own.
    mutating func beginAgain() {
        isRefused = false
    }

    private func isAbove(_ goAways: GoAwayLog) -> Bool {
        guard let connection, let stream, let last = goAways.lastStream(of: connection) else { return false }
        return stream > last
    }

    private static func starts(_ line: UnsafeRawBufferPointer, with prefix: StaticString) -> Bool {
        line.starts(with: UnsafeRawBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
    }

    private static func number(in line: UnsafeRawBufferPointer, after prefix: StaticString) -> UInt64? {
        guard starts(line, with: prefix) else { return nil }
        return number(line[prefix.utf8CodeUnitCount...])
    }

    /// The digits that the bytes begin with; nil without any, or with more than 15.
    private static func number(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt64? {
        var value: UInt64 = 0
        var digits = 0
        for byte in bytes {
            guard byte >= 0x30 && byte <= 0x39 else { break }
            guard digits < 15 else { return nil }
            value = value * 10 + UInt64(byte - 0x30)
            digits += 1
        }
        return digits > 0 ? value : nil
    }
}

/// The latest GOAWAYs of one `Multi`, by libcurl's connection number, which is never used twice.
final class GoAwayLog {
    private var entries: [(connection: UInt64, lastStream: UInt64)] = []
    private static let limit = 64

    /// A later GOAWAY on the same connection may only lower the mark (RFC 9113 §6.8).
    func note(connection: UInt64, lastStream: UInt64) {
        if let index = entries.firstIndex(where: { $0.connection == connection }) {
            entries[index].lastStream = min(entries[index].lastStream, lastStream)
            return
        }
        if entries.count == Self.limit { entries.removeFirst() }
        entries.append((connection, lastStream))
    }

    func lastStream(of connection: UInt64) -> UInt64? {
        entries.last { $0.connection == connection }?.lastStream
    }
}
