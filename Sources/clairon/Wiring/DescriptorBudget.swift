import Core

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

    /// Databases, loops, threads, the admin socket, and connections that are being turned away.
    private static let base = 80

    /// - Parameter outgoing: connections to providers.
    init(limit: Int, maxConnections: Int, outgoing: Int) {
        self.limit = limit
        wanted = maxConnections
        reserve = min(DescriptorBudget.base + outgoing, limit / 4 * 3)
        connections = max(1, min(maxConnections, limit - reserve))
    }

    init(_ config: Config, limit: Int) {
        // Web push goes to as many hosts as are in flight; the others have one.
        let outgoing = config.accounts.reduce(0) { $0 + ($1.account.channel == .webpush ? 100 : 16) }
        self.init(limit: limit, maxConnections: config.limits.maxConnections, outgoing: outgoing)
    }

    /// Connections being turned away, of each loop.
    func guests(loops: Int) -> Int { max(1, min(16, reserve / 5) / max(1, loops)) }

    /// What an operator should know.
    var warning: String? {
        guard connections < wanted else { return nil }
        return "limits.max_connections: \(wanted) do not fit into \(limit) descriptors, of which \(reserve) are reserved: "
            + "\(connections) are served; raise LimitNOFILE (ulimit -n) to \(wanted + reserve)"
    }
}
