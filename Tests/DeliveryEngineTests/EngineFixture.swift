import APNs
import Core
import Curl
import DeliveryEngine
import Foundation
import Linux
import Storage

/// A store, a ledger and an engine over a temporary folder, with people to send to.
final class EngineFixture {
    private(set) var store: Store
    private(set) var ledger: Ledger
    let provider: StubProvider
    private(set) var engine: Engine
    private let path: String
    private let account = Account(name: "ios", channel: .apns)

    private let reopen: (String) throws -> (Store, Ledger, Engine)

    init(people: Int, deliveryClass: DeliveryClass = .atLeastOnce, faultScope: RetryScope = .account, rate: Double? = nil,
         places: Int = 8, ports: [String: Int] = [:], startsWithOne: Bool = false, time: any TimeSource = SystemTime(),
         provider: StubProvider,
         log: @escaping @Sendable (EngineEvent) -> Void = { _ in }) async throws {
        path = NSTemporaryDirectory() + "clairon-engine-" + UUID().uuidString
        self.provider = provider
        let account = account
        let port = provider.port
        reopen = { path in
            let folder = try DataFolder(path: path)
            let store = try Store(folder: folder, accounts: [account], time: time)
            let ledger = try Ledger(folder: folder, store: store)
            var transport = TransportOptions()
            transport.httpVersion = .http1
            transport.startsWithOne = startsWithOne
            let engine = try Engine(
                store: store, ledger: ledger,
                accounts: [EngineAccount(id: store.accountIDs[account.name] ?? 0, account: account, transport: transport, connections: places,
                                         maxInFlight: places, ratePerSecond: rate) {
                    StubAdapter(account: account, deliveryClass: deliveryClass, faultScope: faultScope, port: port, ports: ports)
                }],
                rules: [.apns: APNsRules()], senders: 1, log: log, onFatal: { _ in })
            return (store, ledger, engine)
        }
        (store, ledger, engine) = try reopen(path)
        try await store.write { store in
            for number in 0..<people {
                _ = try store.register(Registration(profile: "u\(number)", account: "ios", address: .apns(token: EngineFixture.token(number)),
                                                    optIn: true, proof: ConsentProof(source: "test")))
            }
        }
        engine.start()
    }

    /// Ends the engine and starts another one over the same folder.
    func restart() async throws {
        await engine.stop(within: 5_000)
        try ledger.close()
        try store.close()
        (store, ledger, engine) = try reopen(path)
        engine.start()
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    static func token(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 64 - digits.utf8.count) + digits
    }

    /// Makes and launches a campaign to everyone; `extra` is merged into the definition as text.
    func launch(_ extra: String = "", audience: String = #"{"all":true}"#) async throws -> CampaignID {
        let definition = """
            {"name":"c","audience":\(audience),"channels":["apns"],"content":{"default_language":"en","en":{"body":"hi"}}\(extra)}
            """
        let campaign = try await store.write { store in
            let draft = try store.createCampaign(name: "c", purpose: .marketing, definition: definition)
            return try store.launchCampaign(draft.id)
        }
        engine.wake()
        return campaign.id
    }

    /// Somebody who is in no campaign that was launched before.
    @discardableResult
    func add(_ name: String, token number: Int, optIn: Bool = true) async throws -> SubscriptionID {
        try await store.write { store in
            try store.register(Registration(profile: name, account: "ios", address: .apns(token: EngineFixture.token(number)),
                                            optIn: optIn, proof: ConsentProof(source: "test"))).value.id
        }
    }

    func post(to name: String, body: String = "hello", ttl: Duration = .seconds(3_600)) async throws -> MessageID {
        let definition = #"{"channels":["apns"],"content":{"default_language":"en","en":{"body":"\#(body)"}}}"#
        let account = store.accountIDs[account.name] ?? 0
        let id = try await store.write { store in
            guard let profile = try store.profileID(name) else { throw StorageError.notFound }
            return try store.createMessage(to: profile, purpose: .transactional, definition: definition, accounts: [account], strategy: .all, ttl: ttl)
        }
        engine.deliverMessages()
        return id
    }

    /// Waits until nothing more is attempted for a message, and says what became of its rows.
    func end(of id: MessageID) async throws -> [DeliveryRecord] {
        _ = try await eventually { try await ledger.deliveries(of: id)?.allSatisfy(\.state.isTerminal) ?? false }
        return try await ledger.deliveries(of: id) ?? []
    }

    func state(of id: CampaignID) async throws -> CampaignState? { try await store.read { try $0.campaign(id)?.state } }

    func states(of id: CampaignID) async throws -> [DeliveryState: Int] { try await ledger.report(id)?.byState ?? [:] }

    /// The addresses that were given up.
    func invalid() async throws -> Set<String> {
        let all = provider.received.map(\.address)
        var found: Set<String> = []
        for address in Set(all) {
            if case .invalid = try await store.subscription(account: "ios", address: address)?.status { found.insert(address) }
        }
        return found
    }

    /// Waits until `condition` holds; false after a minute.
    func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    func finishes(_ id: CampaignID) async throws -> Bool {
        try await eventually { try await state(of: id) == .finished }
    }

    func close() async throws {
        await engine.stop(within: 5_000)
        await provider.stop()
        try ledger.close()
        try store.close()
    }
}
