import API
import APNs
import Core
import FCM
import Foundation
import HTTPServer
import Linux
import Messenger
import SMS
import Storage
import Testing
import WebPush

/// A whole server with a ledger, campaigns and hooks for one test, behind a socket on a port the system picked. The engine is
/// the test itself: what woke it is counted.
final class CampaignServer: Sendable {
    let store: Store
    let ledger: Ledger
    let context: APIContext
    let api: API
    let engine = IdleEngine()
    let progress: ProgressDesk
    let time = ManualTime()
    let port: Int
    /// A key with every scope.
    let key: String
    private let path: String
    private let server: Server
    private let schemas: SchemaCheck

    /// There is no `fcm` account.
    static let accounts = [
        Account(name: "ios-main", channel: .apns), Account(name: "ios-lab", channel: .apns), Account(name: "web", channel: .webpush),
        Account(name: "page", channel: .messenger), Account(name: "sms-fr", channel: .sms), Account(name: "sms-us", channel: .sms),
    ]
    static let publicURL = "https://push.example.com/"

    init() throws {
        path = NSTemporaryDirectory() + "clairon-campaigns-" + UUID().uuidString
        let folder = try DataFolder(path: path)
        store = try Store(folder: folder, accounts: CampaignServer.accounts, time: time)
        ledger = try Ledger(folder: folder, store: store)
        context = try APIContext(store: store, channelRules: [APNsRules(), FCMRules(), WebPushRules(), MessengerRules(), SMSRules()],
                                     limits: TestServer.limits)
        let services = CampaignServices(ledger: ledger, engine: engine, beat: 20)
        progress = services.progress
        let desk = CallbackDesk(receivers: HookFixtures.receivers, store: store, ledger: ledger, engine: engine, publicURL: CampaignServer.publicURL)
        api = API(context, adding: [.campaigns(services), .campaignActions(services), .reports(services), .messages(services), .hooks(desk),
                                     .webhooks(WebhookServices(allowsPrivate: false, wake: engine.wake))])
        schemas = SchemaCheck(document: try JSONValue(parsing: api.document))
        server = try Server(ServerConfiguration(), router: api.router)
        port = try server.start()
        key = try store.writeNow { try KeyToken.create(name: "all", kind: .server, scopes: Scope.allCases, in: $0).text }
    }

    /// Runs `body` against a new server and ends it, whatever happens.
    static func run(_ body: (CampaignServer) async throws -> Void) async throws {
        let server = try CampaignServer()
        do {
            try await body(server)
            try await server.stop()
        } catch {
            try await server.stop()
            throw error
        }
    }

    private func stop() async throws {
        progress.end()
        await server.drain()
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [server] in
                server.join()
                continuation.resume()
            }
        }
        try ledger.close()
        try store.close()
        try FileManager.default.removeItem(atPath: path)
    }

    func key(_ scopes: [Scope]) async throws -> String {
        try await store.write { try KeyToken.create(name: "some", kind: .server, scopes: scopes, in: $0).text }
    }

    /// One request on a connection of its own. Whatever the test is about, the answer must be as the document says.
    ///
    /// - Parameters:
    ///   - key: nil sends no `Authorization`; absent sends the key with every scope.
    ///   - once: the `Idempotency-Key`.
    func send(_ method: String, _ target: String, _ body: String? = nil, key: String?? = .none, once: String? = nil,
              headers: [(String, String)] = []) async throws -> Reply {
        var headers = headers
        if let key = key ?? self.key { headers.append(("authorization", "Bearer \(key)")) }
        if let once { headers.append(("idempotency-key", once)) }
        if body != nil, !headers.contains(where: { $0.0 == "content-type" }) { headers.append(("content-type", "application/json")) }
        var text = "\(method) \(target) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
        if let body { text += "content-length: \(body.utf8.count)\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        let bytes = Array((text + "\r\n" + (body ?? "")).utf8)
        let port = port
        let reply = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try Reply(Loopback.exchange(bytes, port: port)) }) }
        }
        if let template = api.template(of: target, method) { #expect(schemas.problems(reply, to: method, template).isEmpty, "\(method) \(target)") }
        return reply
    }

    /// A draft; `complete` can be launched.
    @discardableResult
    func draft(_ json: String = CampaignServer.complete) async throws -> String {
        let reply = try await send("POST", "/v1/campaigns", json)
        guard reply.status == 201, let id = reply.json["id"]?.string else { throw Reply.Broken(text: reply.text) }
        return id
    }

    @discardableResult
    func launch(_ id: String) async throws -> Reply { try await send("POST", "/v1/campaigns/\(id)/launch", once: UUID().uuidString) }

    /// A person with an opted-in phone number.
    func person(_ name: String, phone: String, account: String = "sms-fr") async throws -> Subscription {
        guard let number = PhoneNumber(e164: phone) else { throw Reply.Broken(text: phone) }
        return try await store.write {
            try $0.register(Registration(profile: name, account: account, address: .sms(number), optIn: true, proof: ConsentProof(source: "form"))).value
        }
    }

    static let complete = #"""
        {"name":"Ventes privées","audience":{"all":true},"channels":["sms","apns"],
         "content":{"default_language":"fr","fr":{"body":"C'est parti"}}}
        """#
}

/// Stands where the delivery engine would: counts how often it was woken.
final class IdleEngine: CampaignEngine {
    private let count = Lock(0)
    private let statuses = Lock<[AccountStatus]>([])

    var wakes: Int { count.withLock { $0 } }

    func wake() { count.withLock { $0 += 1 } }

    func deliverMessages() { wake() }

    var accountStatuses: [AccountStatus] { statuses.withLock { $0 } }

    func report(_ status: AccountStatus) { statuses.withLock { $0.append(status) } }
}
