import Core
import Curl
import Linux
import Storage

/// Runs on the sender's thread only.
final class WebhookLoop {
    private let store: Store
    private let settings: WebhookSettings
    private let mailbox: Mailbox<WebhookMessage>
    private let tell: (WebhookResult?, WebhookNotice?) -> Void
    private let epoll: Epoll
    private let multi: Multi
    private let time = SystemTime()

    private var flights: [UInt64: WebhookDelivery] = [:]
    private var lastToken: UInt64 = 0
    /// On the wire, or being written down: the outbox shows them as due still.
    private var busy: [WebhookDeliveryID: WebhookID] = [:]
    private var ended: [WebhookAttempt] = []
    /// Those whose last attempt failed.
    private var troubled: Set<WebhookID> = []
    private var recording = 0
    private var lookAt: Int64 = 0
    private var recordAt: Int64 = 0
    private var drainDeadline: Int64?

    /// At once to one webhook, and to one that is in trouble.
    private static let maxInFlight = 4
    private static let maxInFlightInTrouble = 1
    /// Between two looks at the outbox.
    private static let roundMilliseconds: Int64 = 500

    init(store: Store, settings: WebhookSettings, mailbox: Mailbox<WebhookMessage>, tell: @escaping (WebhookResult?, WebhookNotice?) -> Void) throws {
        self.store = store
        self.settings = settings
        self.mailbox = mailbox
        self.tell = tell
        // So many that nobody waits for another's answers.
        let most = Webhook.maxCount * WebhookLoop.maxInFlight
        multi = try Multi(options: settings.transport, connections: most, maxInFlight: most)
        epoll = try Epoll()
        try epoll.add(mailbox.rawDescriptor, .readable, token: 0)
        try epoll.add(multi.rawDescriptor, .readable, token: 1)
    }

    func run() throws {
        var batch = Epoll.Batch(capacity: 4)
        var messages: [WebhookMessage] = []
        while true {
            try epoll.wait(&batch, timeoutMilliseconds: timeout())
            mailbox.drain(into: &messages)
            for message in messages { receive(message) }
            try multi.advance()
            multi.drain(end)
            let now = time.monotonicMilliseconds
            if !ended.isEmpty, now >= recordAt { record() }
            if let deadline = drainDeadline {
                if flights.isEmpty && ended.isEmpty && recording == 0 || now >= deadline { return }
            } else if now >= lookAt {
                lookAt = now + WebhookLoop.roundMilliseconds
                look()
            }
        }
    }

    private func receive(_ message: WebhookMessage) {
        switch message {
        case .look: lookAt = 0
        case .recorded(let attempts, .success(let disabled)):
            recording -= 1
            for attempt in attempts { busy[attempt.delivery] = nil }
            for (webhook, reason) in disabled { tell(nil, .disabled(webhook, reason)) }
            lookAt = 0
        case .recorded(let attempts, .failure(let error)):
            recording -= 1
            tell(nil, .storeFailed("\(error)"))
            ended += attempts
            recordAt = time.monotonicMilliseconds + 1_000
        case .drain(let deadline): drainDeadline = deadline
        }
    }

    // MARK: Sending

    private func look() {
        do {
            // As many as may be on the wire, behind as many that are.
            for (webhook, deliveries) in try store.readNow({ try $0.dueDeliveries(limit: 2 * WebhookLoop.maxInFlight) }) {
                let most = troubled.contains(webhook.id) ? WebhookLoop.maxInFlightInTrouble : WebhookLoop.maxInFlight
                let free = most - busy.values.count { $0 == webhook.id }
                for delivery in deliveries.filter({ busy[$0.id] == nil }).prefix(max(0, free)) { send(delivery, to: webhook) }
            }
        } catch {
            tell(nil, .storeFailed("\(error)"))
            lookAt = time.monotonicMilliseconds + 10 * WebhookLoop.roundMilliseconds
        }
    }

    private func send(_ delivery: WebhookDelivery, to webhook: Webhook) {
        lastToken += 1
        flights[lastToken] = delivery
        busy[delivery.id] = webhook.id
        let now = store.now
        let body = Array(delivery.body.utf8)
        let salts = [webhook.salt] + (webhook.previous.map { $0.until > now ? [$0.salt] : [] } ?? [])
        let signatures = salts.map { salt in
            WebhookSecret(of: webhook.id, salt: salt, installation: store.callbackSecret).signature(of: delivery.message, at: now.seconds, body)
        }
        multi.add(TransferRequest(.post, webhook.url, headers: [
            ("content-type", "application/json"), ("user-agent", settings.userAgent), ("webhook-id", delivery.message),
            ("webhook-timestamp", "\(now.seconds)"), ("webhook-signature", signatures.joined(separator: " ")),
        ], body: body), token: lastToken)
    }

    // MARK: Answers

    private func end(_ completion: Completion) {
        guard let delivery = flights.removeValue(forKey: completion.token) else { return }
        let (status, error, asked): (Int?, String?, Duration?) = switch completion.result {
        case .reply(let reply): (reply.status, nil, ProviderReply(status: reply.status, body: []) { reply.headers[$0] }.retryAfter(now: store.now))
        case .failed(let failure): (nil, failure.reason, nil)
        }
        let delay = retry(delivery).map { max($0, asked ?? .zero) }
        let (result, counted): (WebhookAttempt.Result, WebhookResult) = switch (status, delay) {
        case ((200...299)?, _): (.delivered, .delivered)
        case (410?, _): (.gone, .failed)
        case (_, let delay?): (.failed(retryAt: store.now + delay), .retried)
        case (_, nil): (.failed(retryAt: nil), .failed)
        }
        if result == .delivered {
            troubled.remove(delivery.webhook)
        } else if troubled.insert(delivery.webhook).inserted {
            tell(nil, .failing(delivery.webhook, status: status, error: error))
        }
        tell(counted, nil)
        ended.append(WebhookAttempt(delivery: delivery.id, result: result, responseStatus: status, error: error))
    }

    /// A test is tried once: somebody waits to see what comes of it.
    private func retry(_ delivery: WebhookDelivery) -> Duration? {
        delivery.type == WebhookEvent.test.rawValue ? nil : RetrySchedule.delay(after: delivery.attempts + 1)
    }

    private func record() {
        let attempts = ended
        ended = []
        recording += 1
        store.submit({ transaction in try attempts.compactMap { try transaction.record($0) } }) { [mailbox] in mailbox.post(.recorded(attempts, $0)) }
    }

    private func timeout() -> Int32 {
        let now = time.monotonicMilliseconds
        var next = drainDeadline ?? lookAt
        if let due = multi.deadline { next = min(next, due) }
        if !ended.isEmpty { next = min(next, recordAt) }
        return Int32(clamping: min(1_000, max(0, next - now)))
    }
}
