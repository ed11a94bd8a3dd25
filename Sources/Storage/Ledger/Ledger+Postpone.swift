internal import GRDB
package import Core

extension Ledger {
    /// `leased -> pending`, not to be leased again before `until`: the recipient's provider asked for a pause. Completes with
    /// the number of rows.
    package func postpone(_ ids: [DeliveryID], until: Timestamp, epoch: Int64, now: Timestamp, completion: @escaping Completion<Int>) {
        submit(at: now, { ledger in
            // Returns nothing. Undoes leases of this boot and sets when the rows are due.
            try ledger.run("""
                UPDATE delivery SET state = 'pending', epoch = NULL, next_at = ?, updated_at = ?
                WHERE id IN (SELECT value FROM json_each(?)) AND state = 'leased' AND epoch = ?
                """, [until.milliseconds, now.milliseconds, ids.lazy.map(\.rawValue).json, epoch])
        }, completion: completion)
    }
}
