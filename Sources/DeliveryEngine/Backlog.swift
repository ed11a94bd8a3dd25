import DequeModule
import Core
import Storage

/// The deliveries a lane has leased and not yet begun: those of messages, which go first, and a queue for each run, taken in
/// turn: a large campaign does not make a small one wait.
struct Backlog {
    /// All messages as one run.
    private let messages: SendingRun
    private var urgent = Deque<LeasedDelivery>()
    private var queues: [(run: SendingRun, waiting: Deque<LeasedDelivery>)] = []
    private var turn = 0
    /// Of runs and of messages.
    private(set) var count = 0
    /// Of messages.
    var urgentCount: Int { urgent.count }

    init(messages: SendingRun) { self.messages = messages }

    /// Runs known now; a run that is gone gives its deliveries back.
    mutating func update(runs: [SendingRun]) -> [DeliveryID] {
        let known = Set(runs.map(\.run))
        var released: [DeliveryID] = []
        for queue in queues where !known.contains(queue.run.run) {
            released += queue.waiting.map(\.id)
            count -= queue.waiting.count
        }
        let last = queues.indices.contains(turn) ? queues[turn].run.run : nil
        queues = runs.map { run in
            (run, queues.first { $0.run.run == run.run }?.waiting ?? [])
        }
        // The turn goes on from whoever had it: on a slow account runs are told of more often than messages leave.
        turn = queues.firstIndex { $0.run.run == last } ?? min(turn, max(0, queues.count - 1))
        return released
    }

    func waiting(in run: RunID) -> Int { queues.first { $0.run.run == run }?.waiting.count ?? 0 }

    /// Returns what belongs to no known run.
    mutating func append(_ deliveries: [LeasedDelivery]) -> [DeliveryID] {
        var strangers: [DeliveryID] = []
        for delivery in deliveries {
            if delivery.message != nil {
                urgent.append(delivery)
                count += 1
            } else if let index = queues.firstIndex(where: { $0.run.run == delivery.run }) {
                queues[index].waiting.append(delivery)
                count += 1
            } else {
                strangers.append(delivery.id)
            }
        }
        return strangers
    }

    mutating func nextUrgent() -> (run: SendingRun, delivery: LeasedDelivery)? {
        guard let delivery = urgent.popFirst() else { return nil }
        count -= 1
        return (messages, delivery)
    }

    /// The next delivery whose run has a turn left, the runs taking turns.
    mutating func next(now: Int64) -> (run: SendingRun, delivery: LeasedDelivery)? {
        for _ in queues.indices {
            turn = (turn + 1) % queues.count
            guard !queues[turn].waiting.isEmpty else { continue }
            if let pace = queues[turn].run.pace, pace.draw(1, now: now) == 0 { continue }
            count -= 1
            return (queues[turn].run, queues[turn].waiting.removeFirst())
        }
        return nil
    }

    /// What `next` gave is the first of its run again.
    mutating func putBack(_ delivery: LeasedDelivery) {
        guard let index = queues.firstIndex(where: { $0.run.run == delivery.run }) else { preconditionFailure("its run was there a moment ago") }
        queues[index].waiting.prepend(delivery)
        count += 1
    }

    /// When the first run may go on, if all that wait are held back by their own pace.
    func nextAt(now: Int64) -> Int64? {
        guard urgent.isEmpty else { return nil }
        let paces = queues.filter { !$0.waiting.isEmpty }.map(\.run.pace)
        guard paces.allSatisfy({ $0 != nil }) else { return nil }
        return paces.compactMap { $0?.nextAt(now: now) }.min()
    }

    mutating func removeAll() -> [DeliveryID] {
        defer {
            count -= urgent.count
            urgent.removeAll()
        }
        return urgent.map(\.id) + update(runs: [])
    }
}
