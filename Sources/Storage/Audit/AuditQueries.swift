import Foundation
internal import GRDB
import Core

extension StoreTransaction {
    /// The end of the chain: the last row's id and hash.
    package func auditEnd() throws -> (id: Int64, hash: [UInt8])? {
        // Returns the last row of the audit log. Changes nothing.
        try row("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").map { row in
            let hash: Data = row["hash"]
            return (row["id"], Array(hash))
        }
    }

    /// What was noted beside the log when it was last written: a log that was cut short does not reach it.
    package func auditMark() throws -> (id: Int64, hash: [UInt8])? {
        // Returns the noted end of the audit log. Changes nothing.
        guard let row = try row("SELECT value FROM meta WHERE key = 'audit_end'") else { return nil }
        let text: String = row["value"]
        let parts = text.split(separator: ":")
        guard parts.count == 2, let id = parts[0].decimal else { return (0, []) }
        let digits = Array(parts[1].utf8)
        let hash = stride(from: 0, to: digits.count - 1, by: 2).compactMap { at in
            digits[at].hexDigit.flatMap { high in digits[at + 1].hexDigit.map { high << 4 | $0 } }
        }
        return (id, hash)
    }

    /// - Parameter mark: `id:hash` in hexadecimal, noted beside the log.
    package func append(audit row: AuditRow, mark: String) throws {
        // Returns nothing. Adds a row to the audit log.
        try run("INSERT INTO audit (id, at, actor, action, object, before, after, request, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [row.id, row.at.milliseconds, row.actor, row.action, row.object, row.before.map { Data($0) }, row.after.map { Data($0) }, row.request,
                 Data(row.hash)])
        // Returns nothing. Notes the end of the audit log.
        try run("INSERT INTO meta (key, value) VALUES ('audit_end', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", [mark])
    }

    /// Newest first, `limit` rows below the row `before`.
    package func audit(matching filter: AuditFilter, before: Int64? = nil, limit: Int) throws -> [AuditRow] {
        // Returns one page of the audit log. Changes nothing.
        try rows("""
            SELECT * FROM audit WHERE id < ?1 AND (?2 IS NULL OR actor = ?2) AND (?3 IS NULL OR action = ?3) AND (?4 IS NULL OR object = ?4)
            ORDER BY id DESC LIMIT ?5
            """, [before ?? .max, filter.actor, filter.action, filter.object, limit]).map(AuditRow.init(row:))
    }

    /// Oldest first, the `limit` rows after `id`.
    package func audit(after id: Int64, limit: Int) throws -> [AuditRow] {
        // Returns one piece of the audit log, in order. Changes nothing.
        try rows("SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?", [id, limit]).map(AuditRow.init(row:))
    }
}

extension AuditRow {
    init(row: Row) {
        let (before, after, hash): (Data?, Data?, Data) = (row["before"], row["after"], row["hash"])
        self.init(id: row["id"], at: Timestamp(milliseconds: row["at"]), actor: row["actor"], action: row["action"], object: row["object"],
                  before: before.map { Array($0) }, after: after.map { Array($0) }, request: row["request"], hash: Array(hash))
    }
}
