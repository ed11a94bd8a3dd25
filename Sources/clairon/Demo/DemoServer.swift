import Core
import Logging

/// The server of a demonstration: in this process, on a socket of its own.
struct DemoServer: Sendable {
    /// Starts with a configuration file; `listen` names the port.
    typealias Start = @Sendable (_ configPath: String) async throws -> DemoServer

    /// An API key with all scopes.
    let key: String
    let stop: @Sendable () async -> Void

    /// The real one. What it logs from `warning` on goes to standard error.
    static let start: Start = { path in
        var log = Logger(label: "clairon") { _ in LineLogHandler() }
        log.logLevel = .warning
        let (config, path) = try Config.load(from: path)
        let server = try RunningServer(config, path: path, log: log)
        let key = try KeyRequest(name: "demo", app: false, scopes: "all").create(in: server.store)
        return DemoServer(key: key["key"]?.string ?? "") { await server.stop() }
    }
}
