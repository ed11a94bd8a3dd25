package import Core
import Linux

/// Until when each person may be written to (Meta, "Messenger Platform policy": a window opened by the person). Any thread.
package final class MessengerWindows: Sendable {
    private let expiry = Lock<[String: Timestamp]>([:])
    private let isOpenByDefault: Bool

    init(isOpenByDefault: Bool) { self.isOpenByDefault = isOpenByDefault }

    package func open(_ psid: String, until: Timestamp) { expiry.withLock { $0[psid] = until } }

    /// Closes the window as if it had run out that long ago.
    package func close(_ psid: String, at: Timestamp) { expiry.withLock { $0[psid] = at } }

    func isOpen(_ psid: String, now: Timestamp) -> Bool {
        expiry.withLock { expiry in expiry[psid].map { now < $0 } ?? isOpenByDefault }
    }

    /// Seven days after the person's last word, which opened 24 hours.
    func isHumanAgentAllowed(_ psid: String, now: Timestamp) -> Bool {
        expiry.withLock { expiry in expiry[psid].map { now < $0 + .seconds(6 * 86_400) } ?? isOpenByDefault }
    }
}
