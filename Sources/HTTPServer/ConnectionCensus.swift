import Linux
import Synchronization

/// Counts open connections over all loops, and decides who may come in.
final class ConnectionCensus: Sendable {
    private let limit: Int
    private let perAddress: Int?
    private let open = Atomic<Int>(0)
    private let addresses = Lock<[String: Int]>([:])

    init(limit: Int, perAddress: Int?) {
        self.limit = limit
        self.perAddress = perAddress
    }

    var count: Int { open.load(ordering: .relaxed) }

    /// Counts a connection in.
    ///
    /// - Returns: nil if it may stay, else the reason why not; then it is not counted.
    func enter(_ address: String) -> String? {
        guard open.add(1, ordering: .relaxed).newValue <= limit else {
            open.subtract(1, ordering: .relaxed)
            return "too_many_connections"
        }
        guard let perAddress else { return nil }
        let fits = addresses.withLock { counts in
            guard counts[address, default: 0] < perAddress else { return false }
            counts[address, default: 0] += 1
            return true
        }
        if !fits { open.subtract(1, ordering: .relaxed) }
        return fits ? nil : "too_many_connections_per_address"
    }

    func leave(_ address: String) {
        open.subtract(1, ordering: .relaxed)
        guard perAddress != nil else { return }
        addresses.withLock { counts in
            guard let count = counts[address] else { return }
            counts[address] = count > 1 ? count - 1 : nil
        }
    }
}
