import Linux
import Synchronization

/// Counts failed authentications by address, so that nobody can guess keys, or keep the database busy with wrong ones, at will. A
/// fixed table: a flood from many addresses pushes out the addresses with the fewest failures and takes no more memory.
package final class FailureGate: Sendable {
    private struct Slot {
        var address: UInt64 = 0
        /// When all its failures are forgotten, in monotonic milliseconds; the algorithm is `RateGate`'s.
        var clearAt = Int64.min
    }

    private struct Shard {
        var slots = [Slot](repeating: Slot(), count: FailureGate.sets * FailureGate.ways)
    }

    private static let shardCount = 16
    private static let sets = 128
    /// Addresses that compete for a place.
    private static let ways = 8
    /// Addresses that are remembered at once.
    package static let capacity = shardCount * sets * ways

    private let shards: [Lock<Shard>]
    private let interval: Int64
    private let depth: Int64
    private let failures = Atomic<Int64>(0)
    private let refusals = Atomic<Int64>(0)

    /// - Parameter perMinute: failures at once, and in a minute; 0 for any number.
    package init(perMinute: Int64) {
        shards = (0..<FailureGate.shardCount).map { _ in Lock(Shard()) }
        interval = perMinute > 0 ? max(1, 60_000 / perMinute) : 0
        depth = interval * perMinute
    }

    /// Failures counted, and attempts turned away unexamined, so far.
    package var totals: (failures: Int64, refusals: Int64) { (failures.load(ordering: .relaxed), refusals.load(ordering: .relaxed)) }

    /// Books a failure before the attempt is examined, so that attempts at the same time cannot pass together; `forgive` takes it back.
    ///
    /// - Returns: nil when the attempt may be examined, else the seconds to wait.
    package func book(_ address: UInt64, nowMilliseconds now: Int64) -> Int64? {
        guard interval > 0 else {
            failures.add(1, ordering: .relaxed)
            return nil
        }
        let (shard, range) = place(of: address)
        let wait: Int64? = shards[shard].withLock { shard in
            let index = FailureGate.slot(of: address, in: &shard, range)
            let next = max(shard.slots[index].clearAt, now) + interval
            guard next - now <= depth else { return max(1, (next - now - depth + 999) / 1_000) }
            shard.slots[index] = Slot(address: address, clearAt: next)
            return nil
        }
        if wait == nil { failures.add(1, ordering: .relaxed) } else { refusals.add(1, ordering: .relaxed) }
        return wait
    }

    /// Takes back what was booked for an attempt that was none.
    package func forgive(_ address: UInt64) {
        failures.subtract(1, ordering: .relaxed)
        guard interval > 0 else { return }
        let (shard, range) = place(of: address)
        let interval = interval
        shards[shard].withLock { shard in
            for index in range where shard.slots[index].address == address && shard.slots[index].clearAt != .min {
                shard.slots[index].clearAt -= interval
            }
        }
    }

    /// The hash is seeded anew by each process: whose place one's own failures take cannot be chosen.
    private func place(of address: UInt64) -> (shard: Int, range: Range<Int>) {
        var hasher = Hasher()
        hasher.combine(address)
        let hash = UInt(bitPattern: hasher.finalize())
        let start = Int((hash >> 8) % UInt(FailureGate.sets)) * FailureGate.ways
        return (Int(hash % UInt(FailureGate.shardCount)), start..<start + FailureGate.ways)
    }

    /// Where the address is, or the place of the one whose failures are forgotten first.
    private static func slot(of address: UInt64, in shard: inout Shard, _ range: Range<Int>) -> Int {
        var oldest = range.lowerBound
        for index in range {
            if shard.slots[index].address == address, shard.slots[index].clearAt != .min { return index }
            if shard.slots[index].clearAt < shard.slots[oldest].clearAt { oldest = index }
        }
        shard.slots[oldest] = Slot()
        return oldest
    }
}
