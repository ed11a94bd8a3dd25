internal import Core
internal import GRDB

extension Ledger {
    /// After the clock was set back: rows that a clock ahead of this one has told to wait do so anew, for as long as they were told, instead
    /// of until this clock has caught up. `recover` does the same.
    ///
    /// - Returns: how many rows.
    @discardableResult
    package func restartWaits() async throws -> Int { try await write { try $0.restartWaits() } }
}

extension LedgerTransaction {
    func restartWaits() throws -> Int {
        // Returns nothing. Moves retries that were written in what now is the future.
        try run("""
            UPDATE delivery SET next_at = ?1 + max(0, next_at - updated_at), updated_at = ?1
            WHERE state = 'pending' AND next_at > ?1 AND updated_at > ?1
            """, [now.milliseconds])
    }
}
