internal import GRDB
package import Core

extension StoreTransaction {
    package func startImport(_ kind: ImportJob.Kind) throws -> ImportID {
        // Returns nothing. Adds a running import.
        try run("INSERT INTO import (kind, state, created_at) VALUES (?, 'running', ?)", [kind.rawValue, now.milliseconds])
        return ImportID(rawValue: db.lastInsertedRowID)
    }

    package func importJob(_ id: ImportID) throws -> ImportJob? {
        // Returns an import. Changes nothing.
        try row("SELECT * FROM import WHERE id = ?", [id.rawValue]).flatMap(ImportJob.init(row:))
    }

    /// Sets how far an import is, in the transaction of the lines it counts.
    ///
    /// - Throws: `StorageError.notFound` when it is not running.
    package func advance(import id: ImportID, to state: ImportJob.State = .running, lines: Int64, accepted: Int64, rejected: Int64,
                         errors: [JSONValue]) throws -> ImportJob {
        // Returns nothing. Sets the counts and state of a running import.
        try run("""
            UPDATE import SET state = ?, lines = ?, accepted = ?, rejected = ?, errors = ?, finished_at = ? WHERE id = ? AND state = 'running'
            """, [state.rawValue, lines, accepted, rejected, JSONValue.array(errors).text,
                  state == .running ? nil : now.milliseconds, id.rawValue])
        guard let job = try importJob(id), job.state == state else { throw StorageError.notFound }
        return job
    }

    /// At start-up: what was running when the process ended has failed.
    @discardableResult
    package func failInterruptedImports() throws -> Int {
        // Returns nothing. Ends running imports.
        try run("UPDATE import SET state = 'failed', finished_at = ? WHERE state = 'running'", [now.milliseconds])
    }
}

extension ImportJob {
    init?(row: Row) {
        guard let kind = Kind(rawValue: row["kind"]), let state = State(rawValue: row["state"]) else { return nil }
        let finished: Int64? = row["finished_at"]
        id = ImportID(rawValue: row["id"])
        self.kind = kind
        self.state = state
        lines = row["lines"]
        accepted = row["accepted"]
        rejected = row["rejected"]
        errors = JSONValue(stored: row["errors"]).array ?? []
        createdAt = Timestamp(milliseconds: row["created_at"])
        finishedAt = finished.map(Timestamp.init(milliseconds:))
    }
}
