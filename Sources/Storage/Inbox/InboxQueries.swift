internal import GRDB
package import Core

extension StoreTransaction {
    /// Notes that a provider's event was seen.
    ///
    /// - Parameter account: account.id.
    /// - Returns: false when it was seen before: its effect is there already, and must not come again.
    package func receive(event id: String, account: Int64) throws -> Bool {
        // Returns nothing. Adds an event unless it is there.
        try run("INSERT OR IGNORE INTO inbox (account, event_id, received_at) VALUES (?, ?, ?)", [account, id, now.milliseconds]) == 1
    }

    /// Forgets events that no provider repeats any more.
    ///
    /// - Returns: how many.
    package func forgetEvents(receivedBefore time: Timestamp) throws -> Int {
        // Returns nothing. Removes old events.
        try run("DELETE FROM inbox WHERE received_at < ?", [time.milliseconds])
    }

    /// Whether the owner has ever agreed through this subscription.
    func hasGranted(_ subscription: Subscription) throws -> Bool {
        // Returns whether there is a grant. Changes nothing.
        try row("SELECT 1 FROM consent WHERE subscription = ? AND profile = ? AND state = 'granted' LIMIT 1",
                [subscription.id.rawValue, subscription.profile.rawValue]) != nil
    }
}
