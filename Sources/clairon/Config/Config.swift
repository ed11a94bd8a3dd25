import API
import Core

/// config.json, decoded: defaults stand beside the fields. Secrets are paths to files, never values.
struct Config: Sendable {
    var listen = ListenAddress(host: "127.0.0.1", port: 8080)
    /// The URL under which providers and people reach this server; callbacks and links are built on it.
    var publicURL: String?
    var dataFolder = "data"
    /// With it the server speaks https on `listen`, and nothing else.
    var tls: TLSFiles?
    var limits = Limits()
    var webhooks = OutboundWebhooks()
    var accounts: [AccountConfig] = []

    struct OutboundWebhooks: Sendable {
        /// Lets endpoints be private or loopback addresses, and without TLS.
        var allowPrivateEndpoints = false
        /// A private certificate authority for them.
        var caFile: String?
    }

    struct Limits: Sendable {
        var maxBodyBytes = 1 << 20
        /// Taken and not yet stored.
        var maxPendingWriteBytes = 64 << 20
        /// Of imports that nobody waits for.
        var maxWaitingImportBytes = 256 << 20
        var maxConnections = 10_000
        /// Of one client address; nil for no limit, as behind a proxy, where all come from one.
        var maxConnectionsPerAddress: Int?
        var access = AccessLimits()
    }
}

struct ListenAddress: Sendable, Equatable {
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `127.0.0.1:8080` or `[::1]:8080`; port 0 lets the system pick.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = text[text.index(after: colon)...].decimal, port <= 65_535 else {
            return nil
        }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: Int(port))
    }
}

/// Everything wrong with a configuration file, at once.
struct ConfigError: Error, CustomStringConvertible {
    let path: String
    let problems: [String]

    init(path: String, problems: [String]) {
        self.path = path
        self.problems = problems
    }

    init(path: String, errors: [FieldError]) {
        self.init(path: path, problems: errors.map { error in
            let key = error.pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false).joined(separator: ".")
            return key.isEmpty ? "the file \(error.detail)" : "\(key): \(error.detail)"
        })
    }

    var description: String { problems.map { "\(path): \($0)" }.joined(separator: "\n") }
}
