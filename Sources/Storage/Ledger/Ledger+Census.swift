internal import GRDB
package import Core

extension Ledger {
    /// Deliveries of the unfinished runs of campaigns by state, members without a row as `pending`. Reads indices alone, but all of them:
    /// tens of milliseconds for a million rows.
    package func census() async throws -> [DeliveryState: Int] {
        try await read { ledger in
            // Returns the number of rows of unfinished runs in each state, and of members yet without one. Changes nothing.
            let rows = try ledger.rows("""
                WITH open AS (SELECT id FROM run WHERE finished_at IS NULL AND kind <> 'message')
                SELECT state, count(*) AS n FROM delivery WHERE run IN (SELECT id FROM open) AND state = 'pending' GROUP BY state
                UNION ALL
                SELECT state, count(*) FROM delivery WHERE run IN (SELECT id FROM open) AND epoch IS NOT NULL GROUP BY state
                UNION ALL
                SELECT state, count(*) FROM delivery WHERE run IN (SELECT id FROM open) AND epoch IS NULL AND state <> 'pending' GROUP BY state
                UNION ALL
                SELECT 'pending', ifnull(sum(count), 0) FROM chunk WHERE run IN (SELECT id FROM open)
                """)
            var counts: [DeliveryState: Int] = [:]
            for row in rows {
                guard let state = DeliveryState(rawValue: row["state"]) else { continue }
                counts[state, default: 0] += row["n"]
            }
            return counts
        }
    }
}
