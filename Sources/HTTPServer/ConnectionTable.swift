/// The open connections of a loop, by tokens that are never reused for another connection.
///
/// A token is a slot and its generation: an event or a message for a connection that has gone finds
/// nothing instead of its successor.
struct ConnectionTable {
    private struct Slot {
        var generation: UInt32 = 0
        var connection: Connection?
    }

    /// Tokens below this one are free for other descriptors of the same epoll.
    static let firstToken: UInt64 = 16

    private var slots: [Slot] = []
    private var free: [Int] = []
    private(set) var count = 0

    /// A token for a connection that `insert` will be given.
    mutating func reserve() -> UInt64 {
        let index: Int
        if let reused = free.popLast() {
            index = reused
        } else {
            index = slots.count
            slots.append(Slot())
        }
        return Self.firstToken &+ (UInt64(slots[index].generation) << 32 | UInt64(index))
    }

    mutating func insert(_ connection: Connection) {
        slots[index(connection.token)].connection = connection
        count += 1
    }

    /// Gives back a token for which no connection came.
    mutating func release(_ token: UInt64) {
        slots[index(token)].generation &+= 1
        free.append(index(token))
    }

    mutating func remove(_ connection: Connection) {
        slots[index(connection.token)].connection = nil
        release(connection.token)
        count -= 1
    }

    subscript(token: UInt64) -> Connection? {
        guard token >= Self.firstToken else { return nil }
        let index = index(token)
        guard index < slots.count, let connection = slots[index].connection else { return nil }
        return connection.token == token ? connection : nil
    }

    /// All of them, to be closed while iterating.
    var all: [Connection] { slots.compactMap(\.connection) }

    private func index(_ token: UInt64) -> Int { Int((token &- Self.firstToken) & 0xFFFF_FFFF) }
}
