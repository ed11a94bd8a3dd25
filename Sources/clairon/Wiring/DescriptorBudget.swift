import Core
import Linux

/// Who may have how many descriptors. Connections of clients never take the last ones: the databases, libcurl and the log
/// need theirs when the server is full, and most of all then.
struct DescriptorBudget {
    /// RLIMIT_NOFILE.
    let limit: Int
    /// Kept for everything that is no client's connection.
    let reserve: Int
    /// `limits.max_connections`, or what fits.
    let connections: Int
    let wanted: Int

    /// Databases, the admin socket, connections that are being turned away; and, for each core, a loop and a sender.
    private static let base = 64 + 8 * Cores.usable

    /// With fewer nothing is served: the start would fail at one descriptor or another.
    static let minimum = base + 16

    /// - Parameter outgoing: connections to providers.
    init(limit: Int, maxConnections: Int, outgoing: Int) {
        self.limit = limit
        wanted = maxConnections
        reserve = min(DescriptorBudget.base + outgoing, max(DescriptorBudget.base, limit / 4 * 3))
        connections = max(1, min(maxConnections, limit - reserve))
    }

    init(_ config: Config, limit: Int) {
        // Web push goes to as many hosts as are in flight; the others have one, with a connection for each pool.
        // Webhooks seldom have more than a few answers to wait for.
        let outgoing = config.accounts.reduce(32) { $0 + ($1.account.channel == .webpush ? 100 : 24) }
        self.init(limit: limit, maxConnections: config.limits.maxConnections, outgoing: outgoing)
    }

    /// Connections being turned away, of each loop.
    func guests(loops: Int) -> Int { max(1, min(16, reserve / 5) / max(1, loops)) }

    /// What an operator should know.
    var warning: String? {
        if let shortage = DescriptorBudget.shortage(of: limit) { return shortage }
        guard connections < wanted else { return nil }
        return "limits.max_connections: \(wanted) do not fit into \(limit) descriptors, of which \(reserve) are reserved: "
            + "\(connections) are served; raise LimitNOFILE (ulimit -n) to \(wanted + reserve)"
    }

    /// Why nothing can be served under that limit; nil when it can.
    static func shortage(of limit: Int) -> String? {
        guard limit < minimum else { return nil }
        return "\(limit) descriptors do not suffice to serve: set LimitNOFILE (ulimit -n) to \(minimum) at least, better to 65536"
    }
}
