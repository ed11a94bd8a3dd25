import Core
import OpenSSL
package import Storage

/// The audit log as a chain: each row's hash covers its content and the hash of the row before, so that a row that was changed, taken
/// out or put in later breaks it. Whoever can write the database file can also compute a whole new chain: against them its end, as
/// `clairon audit verify` prints it, must be kept elsewhere.
package struct AuditChain: Sendable {
    /// What was found in the log.
    package enum Finding: Error, Sendable, Equatable, CustomStringConvertible {
        case missing(Int64)
        case changed(Int64)
        case cutShort(last: Int64, noted: Int64)
        case otherEnd(Int64)

        package var description: String {
            switch self {
            case .missing(let id): "row \(id) is missing"
            case .changed(let id): "row \(id) is not what was written, or does not follow row \(id - 1)"
            case .cutShort(let last, let noted): "the log ends at row \(last), row \(noted) had been written"
            case .otherEnd(let id): "row \(id) has another hash than was noted"
            }
        }
    }

    private static let start = [UInt8](repeating: 0, count: SHA256.byteCount)

    /// The last row that was taken.
    package private(set) var id: Int64 = 0
    package private(set) var hash = AuditChain.start

    package init() {}

    /// `12:9f…`, for a note kept elsewhere.
    package var end: String { "\(id):\(Hex.encode(hash))" }

    /// - Throws: `Finding` unless the row is what follows.
    package mutating func take(_ row: AuditRow) throws(Finding) {
        guard row.id == id + 1 else { throw row.id > id + 1 ? .missing(id + 1) : .changed(row.id) }
        guard AuditChain.hash(row, after: hash) == row.hash else { throw .changed(row.id) }
        id = row.id
        hash = row.hash
    }

    /// Compares the end with one that was noted when it was written; later rows may have come since.
    ///
    /// - Parameter noted: nil when the log has never been written.
    package func check(noted: (id: Int64, hash: [UInt8])?) throws(Finding) {
        guard let noted else {
            guard id == 0 else { throw .otherEnd(id) }
            return
        }
        guard id >= noted.id else { throw .cutShort(last: id, noted: noted.id) }
        guard id > noted.id || hash == noted.hash else { throw .otherEnd(id) }
    }

    /// The row's own hash is not looked at. JSON, since no content of one field can pass for another's there.
    package static func hash(_ row: AuditRow, after previous: [UInt8]) -> [UInt8] {
        let content: JSONValue = [
            .int(row.id), .int(row.at.milliseconds), .string(row.actor), .string(row.action), .string(row.object),
            JSONValue(row.before.map { Hex.encode($0) }), JSONValue(row.after.map { Hex.encode($0) }), JSONValue(row.request),
        ]
        return SHA256.hash(previous + content.bytes)
    }

    /// An end as `end` writes it; nil for any other text.
    package static func noted(_ text: String) -> (id: Int64, hash: [UInt8])? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = parts[0].decimal, let hash = Hex.decode(String(parts[1])), hash.count == SHA256.byteCount else { return nil }
        return (id, hash)
    }

    /// Reads the whole log, piece by piece.
    ///
    /// - Parameter kept: an end of an earlier day, which the log must still hold.
    /// - Throws: `Finding`, or what reading throws.
    package static func verify(_ store: Store, holding kept: (id: Int64, hash: [UInt8])? = nil) async throws -> AuditChain {
        var chain = AuditChain()
        // The mark first: what is written meanwhile comes after it.
        let mark = try await store.read { try $0.auditMark() }
        while true {
            let last = chain.id
            let rows = try await store.read { try $0.audit(after: last, limit: 1_000) }
            for row in rows {
                try chain.take(row)
                if let kept, kept.id == row.id, kept.hash != row.hash { throw Finding.otherEnd(row.id) }
            }
            if rows.count < 1_000 { break }
        }
        try chain.check(noted: mark)
        if let kept, chain.id < kept.id { throw Finding.cutShort(last: chain.id, noted: kept.id) }
        return chain
    }
}
