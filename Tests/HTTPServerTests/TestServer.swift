import HTTPServer
import Linux

/// Runs a server for the length of a test, on a port that the system picks.
func withServer(
    _ configure: (inout ServerConfiguration) -> Void = { _ in }, time: any TimeSource = SystemTime(),
    routes: (inout Router) -> Void = { _ in }, _ test: (_ port: Int, _ server: Server) async throws -> Void
) async throws {
    var configuration = ServerConfiguration()
    configuration.drainMilliseconds = 5_000
    configure(&configuration)
    var router = Router()
    router.on(.GET, "/") { _ in .text("hello\n") }
    router.on(.POST, "/echo") { await echo($0) }
    routes(&router)
    let server = try Server(configuration, router: router, time: time)
    let port = try server.start()
    do {
        try await test(port, server)
    } catch {
        await server.drain()
        throw error
    }
    await server.drain()
    server.join()
}

/// Gives the body back, or the status that its error calls for.
@Sendable func echo(_ request: Request) async -> Response {
    do throws(BodyError) {
        return .bytes(try await request.body.collect(upTo: 1_048_576), type: "application/octet-stream")
    } catch {
        return switch error {
        case .tooLarge: .text("too large", status: 413)
        case .timeout: .text("timeout", status: 408)
        case .malformed: .text("malformed", status: 400)
        case .disconnected: .text("disconnected", status: 400)
        }
    }
}

/// A door that opens once, from any thread; tasks wait before it.
final class Gate: Sendable {
    private let state = Lock<(isOpen: Bool, waiters: [UnsafeContinuation<Void, Never>])>((false, []))

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            let waiters = state.waiters
            state.waiters = []
            return waiters
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
