import DequeModule

/// How much waits for a writer, and how much may.
struct WriterLoad: Sendable {
    static let maxJobs = 10_000

    private struct Waiter: Sendable {
        let bytes: Int
        let continuation: UnsafeContinuation<Void, Never>
    }

    private let maxBytes: Int
    private(set) var jobs = 0
    /// Of the requests that the jobs came with, and of the room that bulk work has reserved.
    private(set) var bytes = 0
    private var queue = Deque<Waiter>()

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    /// - Returns: false when no more may wait. One alone may, however large.
    mutating func admit(bytes count: Int) -> Bool {
        guard jobs < WriterLoad.maxJobs, bytes == 0 || bytes + count <= maxBytes else { return false }
        jobs += 1
        bytes += count
        return true
    }

    mutating func add() { jobs += 1 }

    /// Takes room for bulk work, or has it wait for its turn.
    ///
    /// - Returns: whether there is room.
    mutating func reserve(_ count: Int, or continuation: UnsafeContinuation<Void, Never>) -> Bool {
        guard queue.isEmpty, hasBulkRoom(count) else {
            queue.append(Waiter(bytes: count, continuation: continuation))
            return false
        }
        bytes += count
        return true
    }

    /// Half is left to requests that somebody waits for.
    private func hasBulkRoom(_ count: Int) -> Bool { bytes == 0 || bytes + count <= maxBytes / 2 }

    /// - Returns: whose turn has come.
    mutating func giveBack(_ count: Int) -> [UnsafeContinuation<Void, Never>] {
        bytes -= count
        var next: [UnsafeContinuation<Void, Never>] = []
        while let first = queue.first, hasBulkRoom(first.bytes) {
            bytes += first.bytes
            next.append(first.continuation)
            queue.removeFirst()
        }
        return next
    }

    /// The transaction has ended, and with it so many.
    mutating func release(_ count: Int, bytes: Int) -> [UnsafeContinuation<Void, Never>] {
        jobs -= count
        return giveBack(bytes)
    }
}
