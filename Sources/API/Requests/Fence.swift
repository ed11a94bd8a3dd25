import Linux

/// What an answer waits for after somebody's consent has ended: that no message which is not `sending` goes to them any more.
package final class Fence: Sendable {
    private let wait = Lock<(@Sendable () async -> Void)?>(nil)

    /// Once, before requests come.
    package func register(_ body: @escaping @Sendable () async -> Void) { wait.withLock { $0 = body } }

    func pass() async { await wait.withLock { $0 }?() }
}
