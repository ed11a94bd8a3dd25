/// Which connection to look at next, and when: a binary heap of promises to look.
///
/// Entries are not moved when a deadline moves later, which happens with every request: the owner looks
/// when the entry is due, finds a later deadline and promises again. O(log n), and rarely called.
struct DeadlineHeap {
    private var entries: [(at: Int64, token: UInt64)] = []

    /// When the first look is due.
    var next: Int64? { entries.first?.at }

    mutating func insert(at time: Int64, token: UInt64) {
        entries.append((time, token))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].at < entries[parent].at else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out the first entry if it is due.
    mutating func popDue(_ now: Int64) -> (at: Int64, token: UInt64)? {
        guard let first = entries.first, first.at <= now else { return nil }
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].at < entries[smallest].at { smallest = child }
            }
            guard smallest != parent else { break }
            entries.swapAt(parent, smallest)
            parent = smallest
        }
        return first
    }
}
