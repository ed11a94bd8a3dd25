internal import GRDB
package import Core

/// Something that must never be so.
package enum LedgerViolation: Sendable, Equatable {
    /// Rows and members without a row do not sum to the audience.
    case sum(RunID, counted: Int, audience: Int)
    /// A finished run has rows that are not terminal, or members without a row.
    case finishedOpen(RunID, Int)
    /// A row is claimed by a boot that is over.
    case staleClaim(DeliveryID, epoch: Int64)
}

extension Ledger {
    /// Checks the invariants from the rows; empty is right. A whole scan: for tests, start-up and once an hour.
    package func verify() async throws -> [LedgerViolation] { try await read { try $0.verify() } }
}

extension LedgerTransaction {
    func verify() throws -> [LedgerViolation] {
        var violations: [LedgerViolation] = []
        // Returns the runs that do not sum up. Changes nothing.
        for row in try rows("""
            SELECT id, audience, counted FROM (
                SELECT r.id, r.audience, (SELECT count(*) FROM delivery d WHERE d.run = r.id)
                    + (SELECT ifnull(sum(count), 0) FROM chunk c WHERE c.run = r.id) AS counted FROM run r)
            WHERE counted <> audience
            """) {
            violations.append(.sum(RunID(rawValue: row[0]), counted: row[2], audience: row[1]))
        }
        for run in try numbers("SELECT id FROM run WHERE finished_at IS NOT NULL").map(RunID.init(rawValue:)) {
            let open = try openCount(of: run)
            if open > 0 { violations.append(.finishedOpen(run, open)) }
        }
        // Returns the rows of earlier boots. Changes nothing.
        for row in try rows("""
            SELECT id, epoch FROM delivery WHERE epoch IS NOT NULL
              AND epoch IS NOT (SELECT value FROM meta WHERE key = 'epoch')
            """) {
            violations.append(.staleClaim(DeliveryID(rawValue: row[0]), epoch: row[1]))
        }
        return violations
    }
}
