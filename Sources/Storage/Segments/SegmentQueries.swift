internal import GRDB
package import Core

extension StoreTransaction {
    /// - Precondition: the condition is an object that was checked.
    package func add(segment name: String, condition: JSONValue) throws -> Segment {
        // Returns nothing. Adds a segment.
        try run("INSERT INTO segment (name, condition, created_at, updated_at) VALUES (?, ?, ?, ?)",
                [name, condition.text, now.milliseconds, now.milliseconds])
        return try existing(SegmentID(rawValue: db.lastInsertedRowID))
    }

    package func segment(_ id: SegmentID) throws -> Segment? {
        // Returns a segment. Changes nothing.
        try row("SELECT * FROM segment WHERE id = ?", [id.rawValue]).map(Segment.init(row:))
    }

    /// All segments, newest first, `limit` rows below the row `before`.
    package func segments(before: Int64? = nil, limit: Int) throws -> [Segment] {
        // Returns one page of segments. Changes nothing.
        try rows("SELECT * FROM segment WHERE id < ? ORDER BY id DESC LIMIT ?", [before ?? .max, limit]).map(Segment.init(row:))
    }

    /// The segments whose conditions name this one, or one that does.
    package func users(of id: SegmentID) throws -> [Segment] {
        // Returns the segments that lead to a segment. Changes nothing.
        try rows("""
            WITH RECURSIVE
                link (user, named) AS MATERIALIZED (
                    SELECT s.id, CAST(substr(t.value, 5) AS INTEGER) FROM segment s, json_tree(s.condition) t
                    WHERE instr(s.condition, '"segment":"seg_') > 0 AND t.key = 'segment' AND t.type = 'text'),
                users (id) AS (SELECT user FROM link WHERE named = ?1 UNION SELECT user FROM link JOIN users ON named = users.id)
            SELECT * FROM segment WHERE id IN users AND id <> ?1
            """, [id.rawValue]).map(Segment.init(row:))
    }

    /// - Parameter version: the version that must be there; nil for any.
    /// - Throws: `StorageError.notFound`, `.versionMismatch`.
    package func replace(segment id: SegmentID, name: String, condition: JSONValue, ifVersion version: Int64?) throws -> Segment {
        try check(id, version)
        // Returns nothing. Replaces a segment and counts the change.
        try run("UPDATE segment SET name = ?, condition = ?, version = version + 1, updated_at = ? WHERE id = ?",
                [name, condition.text, now.milliseconds, id.rawValue])
        return try existing(id)
    }

    /// - Throws: `StorageError.notFound`, `.versionMismatch`, `.conflict` while another segment or a campaign that has not ended
    ///   names it.
    package func delete(segment id: SegmentID, ifVersion version: Int64?) throws {
        try check(id, version)
        let mention = "\"segment\":\"\(id)\""
        // Returns the name of what mentions a segment, if anything does. Changes nothing.
        let user = try row("""
            SELECT 'segment seg_' || id AS name FROM segment WHERE id <> ?1 AND instr(condition, ?2) > 0
            UNION ALL
            SELECT 'campaign cmp_' || id FROM campaign
            WHERE state IN ('draft', 'scheduled', 'running', 'paused') AND instr(definition, ?2) > 0 LIMIT 1
            """, [id.rawValue, mention])
        if let user { throw StorageError.conflict("\(user["name"] as String) uses this segment") }
        // Returns nothing. Removes a segment.
        try run("DELETE FROM segment WHERE id = ?", [id.rawValue])
    }

    private func check(_ id: SegmentID, _ version: Int64?) throws {
        let found = try existing(id)
        if let version, version != found.version { throw StorageError.versionMismatch }
    }

    private func existing(_ id: SegmentID) throws -> Segment {
        guard let segment = try segment(id) else { throw StorageError.notFound }
        return segment
    }
}

extension Segment {
    init(row: Row) {
        id = SegmentID(rawValue: row["id"])
        name = row["name"]
        condition = JSONValue(stored: row["condition"])
        version = row["version"]
        createdAt = Timestamp(milliseconds: row["created_at"])
        updatedAt = Timestamp(milliseconds: row["updated_at"])
    }
}
