internal import GRDB
package import Core

extension StoreTransaction {
    /// - Parameter label: 1 to 128 characters.
    package func startImport(_ kind: ImportJob.Kind, label: String? = nil) throws -> ImportID {
        // Returns nothing. Adds a running import.
        try run("INSERT INTO import (kind, state, label, created_at) VALUES (?, 'running', ?, ?)", [kind.rawValue, label, now.milliseconds])
        return ImportID(rawValue: db.lastInsertedRowID)
    }

    package func importJob(_ id: ImportID) throws -> ImportJob? {
        // Returns an import. Changes nothing.
        try row("SELECT * FROM import WHERE id = ?", [id.rawValue]).flatMap(ImportJob.init(row:))
    }

    /// Newest first, `limit` imports below the row `before`.
    package func imports(before: Int64? = nil, limit: Int) throws -> [ImportJob] {
        // Returns one page of imports. Changes nothing.
        try rows("SELECT * FROM import WHERE id < ? ORDER BY id DESC LIMIT ?", [before ?? .max, limit]).compactMap(ImportJob.init(row:))
    }

    /// Adds to how far an import is, in the transaction of the lines it counts.
    ///
    /// - Parameter lines: how many were counted before, so that none is counted twice and none is left out.
    /// - Throws: `StorageError.notFound` when it is not running, or not there.
    package func advance(import id: ImportID, from lines: Int64, by tally: ImportTally) throws {
        // Returns nothing. Adds to the counts of a running import.
        let changed = try run("""
            UPDATE import SET lines = lines + ?, accepted = accepted + ?, rejected = rejected + ? WHERE id = ? AND state = 'running' AND lines = ?
            """, [tally.lines, tally.accepted, tally.rejected, id.rawValue, lines])
        guard changed == 1 else { throw StorageError.notFound }
        guard !tally.errors.isEmpty, let kept = try importJob(id)?.errors, kept.count < ImportTally.maxErrors else { return }
        // Returns nothing. Sets the errors of an import.
        try run("UPDATE import SET errors = ? WHERE id = ?",
                [JSONValue.array(Array((kept + tally.errors).prefix(ImportTally.maxErrors))).text, id.rawValue])
    }

    /// Ends an import.
    ///
    /// - Throws: `StorageError.notFound` when it is not running.
    package func end(import id: ImportID, _ state: ImportJob.State) throws -> ImportJob {
        // Returns nothing. Ends a running import.
        let changed = try run("UPDATE import SET state = ?, finished_at = ? WHERE id = ? AND state = 'running'",
                              [state.rawValue, now.milliseconds, id.rawValue])
        guard changed == 1, let job = try importJob(id) else { throw StorageError.notFound }
        return job
    }

    /// At start-up: what was running when the process ended has failed, unless its body is here.
    @discardableResult
    package func failInterruptedImports() throws -> Int {
        // Returns nothing. Ends running imports that have no upload.
        try run("""
            UPDATE import SET state = 'failed', finished_at = ?
            WHERE state = 'running' AND NOT EXISTS (SELECT 1 FROM upload WHERE upload.import = import.id)
            """, [now.milliseconds])
    }
}

extension ImportJob {
    init?(row: Row) {
        guard let kind = Kind(rawValue: row["kind"]), let state = State(rawValue: row["state"]) else { return nil }
        let finished: Int64? = row["finished_at"]
        id = ImportID(rawValue: row["id"])
        self.kind = kind
        label = row["label"]
        self.state = state
        lines = row["lines"]
        accepted = row["accepted"]
        rejected = row["rejected"]
        errors = JSONValue(stored: row["errors"]).array ?? []
        createdAt = Timestamp(milliseconds: row["created_at"])
        finishedAt = finished.map(Timestamp.init(milliseconds:))
    }
}
