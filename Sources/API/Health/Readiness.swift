import Linux

/// Whether the server can do its work. Each part that can fail registers a check.
package final class Readiness: Sendable {
    package typealias Check = @Sendable () -> Bool

    private let checks = Lock<[(name: String, check: Check)]>([])

    package init() {}

    /// - Parameter check: called for every probe, on any thread; must not block.
    package func register(_ name: String, _ check: @escaping Check) {
        checks.withLock { $0.append((name, check)) }
    }

    /// The names of the checks that fail.
    var failing: [String] {
        checks.withLock { $0 }.filter { !$0.check() }.map(\.name)
    }
}
