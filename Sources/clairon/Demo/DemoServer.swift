/// The server of a demonstration: in this process, on a socket of its own.
struct DemoServer: Sendable {
    /// Starts with a configuration file; `listen` names the port.
    typealias Start = @Sendable (_ configPath: String) async throws -> DemoServer

    /// An API key with all scopes.
    let key: String
    let stop: @Sendable () async -> Void
}

extension DemoServer {
    static let start: Start = { _ in throw Failed("this build has no server") }
}
