internal import Failpoints
internal import GRDB
package import Core

extension Ledger {
    /// Begins a boot: raises the epoch and settles every row that an earlier one left claimed. `leased` rows are `pending`
    /// again. A `sending` row may have left: it goes by the class of its account, or is `dead` when it was found so too
    /// often. An account that is no longer configured counts as at most once.
    ///
    /// Call it once, before any lease.
    ///
    /// - Parameters:
    ///   - classes: by account.id.
    ///   - poisonLimit: the number of boots that find a row in `sending` before it is given up.
    package func recover(classes: [Int64: DeliveryClass], poisonLimit: Int = 3) throws -> Recovery {
        let recovery = try file.writer.writeNow { [now] db in
            let recovery = try LedgerTransaction(db: db, now: now).recover(classes: classes, poisonLimit: poisonLimit)
            failpoint("recovery.before")
            return recovery
        }
        failpoint("recovery.after")
        return recovery
    }
}

/// A statement of recovery, apart so that a test can ask for its query plan.
enum BootSQL {
    /// Returns nothing. Queues what earlier boots were sending. The attempts go on counting, but a crash of ours is charged to
    /// nobody.
    static let resend = """
        UPDATE delivery SET state = 'pending', epoch = NULL, updated_at = ?
        WHERE epoch IS NOT NULL AND state = 'sending' AND epoch < ?
        """
}

extension LedgerTransaction {
    func recover(classes: [Int64: DeliveryClass], poisonLimit: Int) throws -> Recovery {
        // Returns the new epoch. Raises it.
        let epoch = try row("""
            INSERT INTO meta (key, value) VALUES ('epoch', 1) ON CONFLICT (key) DO UPDATE SET value = value + 1 RETURNING value
            """).map { $0[0] as Int64 } ?? 1
        var recovery = Recovery(epoch: epoch)
        // Returns nothing. Undoes the leases of earlier boots.
        recovery.released = try run("""
            UPDATE delivery SET state = 'pending', epoch = NULL, updated_at = ?
            WHERE epoch IS NOT NULL AND state = 'leased' AND epoch < ?
            """, [now.milliseconds, epoch])
        // Returns nothing. Counts the boot for every row that an earlier one was sending.
        try run("""
            UPDATE delivery SET boots = boots + 1 WHERE epoch IS NOT NULL AND state = 'sending' AND epoch < ?
            """, [epoch])
        let resendable = classes.filter { $0.value != .atMostOnce }.map(\.key).json
        // Returns the rows. Leaves open what became of rows that must not go twice.
        let unknown = try numbers("""
            UPDATE delivery SET state = 'unknown', reason = 'outcome_unknown', detail = 'restart', epoch = NULL, updated_at = ?
            WHERE epoch IS NOT NULL AND state = 'sending' AND epoch < ?
              AND account NOT IN (SELECT value FROM json_each(?))
            RETURNING id
            """, [now.milliseconds, epoch, resendable])
        // Returns the rows. Gives up rows that may be what ends the process.
        let dead = try numbers("""
            UPDATE delivery SET state = 'dead', reason = 'provider_gave_up', detail = 'poison', epoch = NULL, updated_at = ?
            WHERE epoch IS NOT NULL AND state = 'sending' AND epoch < ? AND boots >= ?
            RETURNING id
            """, [now.milliseconds, epoch, poisonLimit])
        try note(unknown + dead)
        (recovery.unknown, recovery.dead) = (unknown.count, dead.count)
        _ = try restartWaits()
        recovery.resent = try run(BootSQL.resend, [now.milliseconds, epoch])
        return recovery
    }
}
