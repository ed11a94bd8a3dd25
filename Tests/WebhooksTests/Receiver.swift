import Core
import HTTPServer
import Linux

/// Somebody's endpoint on a real socket: answers each path as it is told, and remembers what it got.
final class Receiver: Sendable {
    struct Received: Sendable {
        let path: String
        let id: String
        let timestamp: String
        let signatures: [String]
        let type: String?
        let body: [UInt8]
    }

    /// The answer to a path's n-th request, from 1.
    typealias Behaviour = @Sendable (_ path: String, _ number: Int) async -> Response

    private let requests = Lock<[Received]>([])
    private let behaviour: Lock<Behaviour>
    private let server: Server
    let port: Int

    init(_ behaviour: @escaping Behaviour = { _, _ in Response(status: 204) }) throws {
        let (current, requests) = (Lock(behaviour), requests)
        self.behaviour = current
        var router = Router()
        for method in [Method.POST, .GET] {
            router.on(method, "/{path}") { request in
                let path = request.parameters["path"] ?? ""
                let body = (try? await request.body.collect(upTo: 65_536)) ?? []
                let received = Received(
                    path: path, id: request.headers["webhook-id"] ?? "", timestamp: request.headers["webhook-timestamp"] ?? "",
                    signatures: (request.headers["webhook-signature"] ?? "").split(separator: " ").map(String.init), type: request.headers["content-type"], body: body)
                let number = requests.withLock { list in
                    list.append(received)
                    return list.count { $0.path == path }
                }
                return await current.withLock { $0 }(path, number)
            }
        }
        var configuration = ServerConfiguration()
        configuration.drainMilliseconds = 1_000
        server = try Server(configuration, router: router)
        port = try server.start()
    }

    func behave(_ new: @escaping Behaviour) { behaviour.withLock { $0 = new } }

    var received: [Received] { requests.withLock { $0 } }
    var connections: Int { Int(server.counters.accepted) }

    func stop() async {
        await server.drain()
        server.join()
    }
}

/// A door that opens once; whoever comes before waits.
final class Gate: Sendable {
    private let state = Lock<(isOpen: Bool, waiters: [UnsafeContinuation<Void, Never>])>((false, []))

    func open() {
        let waiters = state.withLock { state in
            defer { state = (true, []) }
            return state.waiters
        }
        waiters.forEach { $0.resume() }
    }

    func wait() async {
        await withUnsafeContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}
