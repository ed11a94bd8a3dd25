import Linux
import Synchronization

/// What one loop has done so far. Written by its thread, read by any.
final class LoopCounters: Sendable {
    let accepted = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    private let rejected = Lock<[String: Int]>([:])

    func reject(_ reason: String) {
        rejected.withLock { $0[reason, default: 0] += 1 }
    }

    var rejections: [String: Int] { rejected.withLock { $0 } }
}

/// Totals since the start, for /metrics.
package struct ServerCounters: Sendable, Equatable {
    /// Connections taken from the kernel.
    package var accepted = 0
    /// Connections open now.
    package var active = 0
    /// Requests whose head was good.
    package var requests = 0
    /// Requests and connections turned away, by the code of the problem.
    package var rejected: [String: Int] = [:]

    package init(accepted: Int = 0, active: Int = 0, requests: Int = 0, rejected: [String: Int] = [:]) {
        self.accepted = accepted
        self.active = active
        self.requests = requests
        self.rejected = rejected
    }
}
