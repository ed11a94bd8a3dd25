import Core
import DequeModule
import Storage

/// Deliveries whose intent is committed and which wait for a place and their turn. Those of messages go before those of campaigns.
struct ReadyQueue {
    private var urgent: Deque<PreparedDelivery> = []
    private var others: Deque<PreparedDelivery> = []

    var count: Int { urgent.count + others.count }
    var isEmpty: Bool { count == 0 }

    func count(urgent isUrgent: Bool) -> Int { isUrgent ? urgent.count : others.count }

    mutating func append(_ prepared: PreparedDelivery) {
        if prepared.isUrgent { urgent.append(prepared) } else { others.append(prepared) }
    }

    /// - Parameter takesOthers: whether there is a place that is not kept for messages.
    mutating func next(takesOthers: Bool) -> PreparedDelivery? {
        urgent.popFirst() ?? (takesOthers ? others.popFirst() : nil)
    }

    /// What campaigns have in it whose runs are not among these.
    mutating func remove(notOf runs: Set<RunID>) -> [PreparedDelivery] {
        let gone = others.filter { !runs.contains($0.delivery.run) }
        if !gone.isEmpty { others.removeAll { !runs.contains($0.delivery.run) } }
        return Array(gone)
    }

    mutating func removeAll() -> [PreparedDelivery] {
        defer { (urgent, others) = ([], []) }
        return Array(urgent) + Array(others)
    }
}
