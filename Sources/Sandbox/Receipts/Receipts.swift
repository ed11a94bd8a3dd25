package import Core
package import Linux

/// Every message that reached a simulated provider: the independent account of what a sender did. Any thread.
package final class Receipts: Sendable {
    /// One message to one address, by the best name it has: its key, else what it collapses by, else its text.
    package struct Identity: Sendable, Hashable {
        package let channel: Channel
        package let address: String
        package let key: String
    }

    private struct Place: Hashable {
        let channel: Channel
        let address: String
    }

    private struct State {
        var sequence = 0
        var kept: [Receipt] = []
        /// Positions in `kept`.
        var byAddress: [Place: [Int]] = [:]
        var taken: [Channel: Int] = [:]
        var statuses: [Channel: [Int: Int]] = [:]
        var copies: [Identity: Int] = [:]
        var remarks: [String: Int] = [:]
    }

    private let state = Lock(State())
    private let maxKept: Int
    private let keepsTexts: Bool
    private let file: FileDescriptor?

    /// - Throws: `Errno` when the file cannot be opened.
    package init(maxKept: Int, keepsTexts: Bool, file path: String?) throws(Errno) {
        self.maxKept = maxKept
        self.keepsTexts = keepsTexts
        if let path { file = try SecretFile.appending(to: path) } else { file = nil }
    }

    /// Records the messages of one request. With a file, their lines have reached the kernel on return: they outlive
    /// this process, though not a power cut.
    ///
    /// - Throws: `Errno` when the file takes no more: the message must not be answered as if it were recorded.
    func record(_ channel: Channel, _ items: [Verdict.Item], status: Int, isTaken: Bool, at: Timestamp) throws(Errno) {
        let receipts = state.withLock { state in
            items.map { item in
                state.sequence += 1
                let receipt = Receipt(
                    sequence: state.sequence, at: at, channel: channel, item: item, status: status, isTaken: isTaken)
                add(receipt, to: &state)
                return receipt
            }
        }
        guard file != nil, !receipts.isEmpty else { return }
        var lines: [UInt8] = []
        for receipt in receipts {
            receipt.json.write(into: &lines)
            lines.append(UInt8(ascii: "\n"))
        }
        try append(lines)
    }

    private func append(_ lines: [UInt8]) throws(Errno) {
        switch file {
        case .some(let file): try SecretFile.append(lines, to: file)
        case nil: return
        }
    }

    private func add(_ receipt: Receipt, to state: inout State) {
        let channel = receipt.channel
        state.statuses[channel, default: [:]][receipt.status, default: 0] += 1
        for remark in receipt.item.remarks where state.remarks[remark] != nil || state.remarks.count < 1_000 {
            state.remarks[remark, default: 0] += 1
        }
        if receipt.isTaken {
            state.taken[channel, default: 0] += 1
            if let key = receipt.item.key ?? receipt.item.collapse ?? receipt.item.text {
                state.copies[Identity(channel: channel, address: receipt.item.address, key: key), default: 0] += 1
            }
        }
        guard state.kept.count < maxKept else { return }
        var item = receipt.item
        if !keepsTexts { item.text = nil }
        state.byAddress[Place(channel: channel, address: item.address), default: []].append(state.kept.count)
        state.kept.append(Receipt(
            sequence: receipt.sequence, at: receipt.at, channel: channel, item: item, status: receipt.status,
            isTaken: receipt.isTaken))
    }

    /// All messages to an address, in order.
    package func all(_ channel: Channel, to address: String) -> [Receipt] {
        state.withLock { state in
            (state.byAddress[Place(channel: channel, address: address)] ?? []).map { state.kept[$0] }
        }
    }

    /// The messages to an address that were taken, in order.
    package func accepted(_ channel: Channel, by address: String) -> [Receipt] {
        all(channel, to: address).filter(\.isTaken)
    }

    /// Receipts after a sequence number, of one channel or of all.
    package func after(_ sequence: Int, channel: Channel? = nil, limit: Int = 1_000) -> [Receipt] {
        state.withLock { state in
            // Kept receipts begin with 1 and have no gaps.
            Array(state.kept.dropFirst(max(0, sequence)).lazy
                .filter { channel == nil || $0.channel == channel }.prefix(max(0, limit)))
        }
    }

    /// How many messages were taken.
    package func count(_ channel: Channel) -> Int { state.withLock { $0.taken[channel] ?? 0 } }

    /// How many messages were seen, taken or not.
    package var total: Int { state.withLock { $0.sequence } }

    /// Addresses that at least one message was taken for.
    package func addresses(_ channel: Channel) -> Set<String> {
        state.withLock { state in
            Set(state.kept.lazy.filter { $0.isTaken && $0.channel == channel }.map(\.item.address))
        }
    }

    /// Messages that were taken more than once for the same address, and how often.
    package func duplicates(_ channel: Channel? = nil) -> [Identity: Int] {
        state.withLock { state in
            state.copies.filter { $0.value > 1 && (channel == nil || $0.key.channel == channel) }
        }
    }

    /// Forgets everything in memory; the file stays as it is.
    package func clear() { state.withLock { $0 = State() } }

    /// Counts by channel: messages taken, answers by status, duplicates; and the remarks with how often each was made.
    package var summary: JSONValue {
        let state = state.withLock { $0 }
        var channels = JSONObject()
        for channel in Channel.allCases {
            guard let statuses = state.statuses[channel] else { continue }
            let copies = state.copies.filter { $0.key.channel == channel && $0.value > 1 }
            channels[channel.rawValue] = .object([
                "taken": JSONValue(state.taken[channel] ?? 0),
                "answers": .object(JSONObject(statuses.sorted { $0.key < $1.key }.map {
                    .init(name: $0.key == 0 ? "cut" : String($0.key), value: JSONValue($0.value))
                })),
                "duplicates": JSONValue(copies.values.reduce(0) { $0 + $1 - 1 }),
            ])
        }
        let remarks = state.remarks.sorted { $0.key < $1.key }
        return [
            "messages": JSONValue(state.sequence), "channels": .object(channels),
            "remarks": .object(JSONObject(remarks.map { .init(name: $0.key, value: JSONValue($0.value)) })),
        ]
    }
}
