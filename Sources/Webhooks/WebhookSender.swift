package import Core
import Curl
import Linux
package import Storage

/// Sends what the outbox holds, on a thread of its own: at least once, in no promised order, a few at a time to each webhook.
package final class WebhookSender: Sendable {
    private let mailbox: Mailbox<WebhookMessage>
    private let thread: Thread
    private let counts: Lock<[WebhookResult: Int64]>

    /// - Parameters:
    ///   - log: called on the sender's thread.
    ///   - onFatal: called when the thread cannot go on; the process must end and be restarted.
    package init(store: Store, settings: WebhookSettings, log: @escaping @Sendable (WebhookNotice) -> Void, onFatal: @escaping @Sendable (String) -> Void) throws {
        // The clock may have been set back while no process ran.
        try store.writeNow { try $0.restartWebhookWaits() }
        let mailbox = try Mailbox<WebhookMessage>()
        let counts = Lock<[WebhookResult: Int64]>([:])
        self.mailbox = mailbox
        self.counts = counts
        // Made here, so that a descriptor that is missing fails the start; from then on the thread's alone.
        nonisolated(unsafe) let loop = try WebhookLoop(store: store, settings: settings, mailbox: mailbox) { counted, notice in
            if let counted { counts.withLock { $0[counted, default: 0] += 1 } }
            if let notice { log(notice) }
        }
        thread = try Thread.start(named: "webhooks") {
            do {
                try loop.run()
            } catch {
                onFatal("webhooks: \(error)")
            }
        }
    }

    /// Attempts by what came of them, since the start.
    package var attempts: [WebhookResult: Int64] { counts.withLock { $0 } }

    /// Looks at the outbox now. Any thread.
    package func wake() { mailbox.post(.look) }

    /// Begins nothing more, waits for answers under way and records them. What has not been answered by then is sent again by the next process.
    package func stop(within milliseconds: Int64 = 3_000) async {
        mailbox.post(.drain(deadline: SystemTime().monotonicMilliseconds + milliseconds))
        // Joining blocks, so it does so on a thread that may.
        await withCheckedContinuation { continuation in
            let thread = thread
            let joiner = try? Thread.start(named: "webhooks-drain") {
                thread.join()
                continuation.resume()
            }
            if joiner == nil {
                thread.join()
                continuation.resume()
            }
        }
    }
}

/// What came of an attempt, for the figures.
package enum WebhookResult: String, Sendable, CaseIterable {
    case delivered
    /// Will be tried again.
    case retried
    case failed
}

/// Something about a webhook that an operator would want in the log. Holds no URL.
package enum WebhookNotice: Sendable {
    /// The first failure after a success, or after the start.
    case failing(WebhookID, status: Int?, error: String?)
    case disabled(WebhookID, Webhook.DisabledReason)
    /// The store could not be read or written; it is tried again.
    case storeFailed(String)
}

enum WebhookMessage: Sendable {
    case look
    case recorded([WebhookAttempt], Result<[(webhook: WebhookID, reason: Webhook.DisabledReason)], any Error>)
    case drain(deadline: Int64)
}
