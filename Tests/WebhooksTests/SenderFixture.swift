import Core
import Foundation
import Linux
import Storage
import Webhooks

/// A store whose clock the test moves, a sender and a receiver.
final class SenderFixture {
    let store: Store
    let time = ManualTime()
    let receiver: Receiver
    private(set) var sender: WebhookSender
    let notices = Lock<[WebhookNotice]>([])
    private let settings: WebhookSettings
    private let path: String

    struct Missing: Error {}

    init(_ receiver: Receiver, change: (inout WebhookSettings) -> Void = { _ in }) throws {
        path = NSTemporaryDirectory() + "clairon-webhooks-" + UUID().uuidString
        self.receiver = receiver
        store = try Store(folder: DataFolder(path: path), accounts: [], time: time)
        var settings = WebhookSettings()
        settings.allowsPrivate = true
        change(&settings)
        self.settings = settings
        sender = try SenderFixture.start(store, settings, notices)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private static func start(_ store: Store, _ settings: WebhookSettings, _ notices: Lock<[WebhookNotice]>) throws -> WebhookSender {
        try WebhookSender(store: store, settings: settings, log: { notice in notices.withLock { $0.append(notice) } }, onFatal: { fatalError($0) })
    }

    /// Ends the sender and starts another, as a restart would.
    func restart() async throws {
        await sender.stop(within: 50)
        sender = try SenderFixture.start(store, settings, notices)
    }

    func webhook(_ path: String = "hook", url: String? = nil) async throws -> Webhook {
        let url = url ?? "http://127.0.0.1:\(receiver.port)/\(path)"
        return try await store.write { try $0.createWebhook(url: url, description: "", events: [.campaignStarted]) }
    }

    /// Something happens that every webhook is told of.
    func happen() async throws {
        _ = try await store.write { try $0.launchCampaign($0.createCampaign(name: "Ventes privées", purpose: .marketing, definition: "{}").id) }
        sender.wake()
    }

    /// Oldest first.
    func deliveries(_ webhook: Webhook) async throws -> [WebhookDelivery] {
        try await store.read { try $0.deliveries(of: webhook.id, limit: 1_000).reversed() }
    }

    /// The webhook's only delivery, once `condition` holds of it.
    func delivery(_ webhook: Webhook, when condition: (WebhookDelivery) -> Bool) async throws -> WebhookDelivery {
        var found: WebhookDelivery?
        guard try await eventually({
            found = try await deliveries(webhook).first
            return found.map(condition) ?? false
        }), let found else { throw Missing() }
        return found
    }

    /// Waits until `condition` holds; false after a minute.
    func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        return false
    }

    func secret(_ webhook: Webhook, salt: [UInt8]? = nil) -> WebhookSecret {
        WebhookSecret(of: webhook.id, salt: salt ?? webhook.salt, installation: store.callbackSecret)
    }

    func close() async throws {
        await sender.stop()
        await receiver.stop()
        try store.close()
    }
}
