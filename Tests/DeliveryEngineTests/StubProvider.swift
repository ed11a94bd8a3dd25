import Core
import HTTPServer
import Linux

/// A provider on a real socket that answers each address as it is told, and remembers what it got.
final class StubProvider: Sendable {
    /// The answer to an address's n-th request, from 1; a `nil` status cuts the connection.
    typealias Behaviour = @Sendable (_ address: String, _ number: Int) -> (status: Int?, retryAfter: Int?)

    private let requests = Lock<[(address: String, key: String, campaign: String)]>([])
    private let behaviour: Lock<Behaviour>
    private let gate: StubGate
    private let server: Server
    let port: Int

    init(_ behaviour: @escaping Behaviour = { _, _ in (200, nil) }) throws {
        let current = Lock(behaviour)
        self.behaviour = current
        let gate = StubGate()
        self.gate = gate
        var router = Router()
        let requests = requests
        router.on(.POST, "/send/{address}") { request in
            let address = request.parameters["address"] ?? ""
            let body = (try? await request.body.collect(upTo: 1_024)) ?? []
            let number = requests.withLock { list in
                list.append((address, String(decoding: body, as: UTF8.self), request.query.first?.value ?? ""))
                return list.count { $0.address == address }
            }
            await gate.pass(address)
            let answer = current.withLock { $0 }(address, number)
            guard let status = answer.status else { return Response(status: 200, body: .abort) }
            return Response(status: status, headers: answer.retryAfter.map { [("retry-after", "\($0)")] } ?? [])
        }
        server = try Server(ServerConfiguration(), router: router)
        port = try server.start()
    }

    func behave(_ new: @escaping Behaviour) { behaviour.withLock { $0 = new } }

    /// From now on requests to these addresses get no answer, until `letGo`.
    func hold(_ isHeld: @escaping @Sendable (_ address: String) -> Bool) { gate.hold(isHeld) }

    func letGo() { gate.letGo() }

    /// In the order in which they came.
    var received: [(address: String, key: String, campaign: String)] { requests.withLock { $0 } }

    func stop() async {
        letGo()
        await server.drain()
        server.join()
    }
}

/// Where answers wait.
private final class StubGate: Sendable {
    private struct State {
        var isHeld: @Sendable (String) -> Bool = { _ in false }
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Lock(State())

    func hold(_ isHeld: @escaping @Sendable (String) -> Bool) { state.withLock { $0.isHeld = isHeld } }

    func pass(_ address: String) async {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                guard state.isHeld(address) else { return false }
                state.waiting.append(continuation)
                return true
            }
            if !waits { continuation.resume() }
        }
    }

    func letGo() {
        let waiting = state.withLock { state in
            defer { state = State() }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// Speaks to `StubProvider`: the message key is the body, the status says it all.
final class StubAdapter: ChannelAdapter {
    let account: Account
    let deliveryClass: DeliveryClass
    let faultScope: RetryScope
    private let port: Int
    private let ports: [String: Int]

    /// - Parameter ports: of addresses whose server is another one.
    init(account: Account, deliveryClass: DeliveryClass, faultScope: RetryScope, port: Int, ports: [String: Int]) {
        self.account = account
        self.deliveryClass = deliveryClass
        self.faultScope = faultScope
        self.port = port
        self.ports = ports
    }

    func prepare(_ message: Message, to recipient: Recipient, now: Timestamp) -> PreparedMessage {
        .request(OutboundRequest(.POST, "http://127.0.0.1:\(ports[recipient.address.identity] ?? port)/send/\(recipient.address.identity)?of=\(message.collapseKey)",
                                 body: Array(message.key.description.utf8)))
    }

    func outcome(of reply: ProviderReply, now: Timestamp) -> Outcome {
        switch reply.status {
        case 200: .accepted(providerID: nil)
        case 401: .configuration(detail: "401")
        case 410: .rejected(detail: "410", address: .invalid(since: now))
        case 429: .notSent(detail: "429", retryAfter: reply.retryAfter(now: now), scope: faultScope)
        default: .rejected(detail: "\(reply.status)")
        }
    }
}
