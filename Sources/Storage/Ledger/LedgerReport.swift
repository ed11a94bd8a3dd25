package import Core

/// The rows of a run, counted. The counts always sum to the audience.
package struct LedgerReport: Sendable, Equatable {
    /// So many rows that agree in all of these. Members without a row count as `pending`.
    package struct Cell: Sendable, Equatable {
        /// Nil for people whom no subscription reaches.
        package let channel: Channel?
        package let state: DeliveryState
        package let reason: Reason?
        package let language: String?
        package let count: Int
    }

    package let run: LedgerRun
    package let cells: [Cell]

    package var total: Int { cells.reduce(0) { $0 + $1.count } }
    package var byState: [DeliveryState: Int] { sum(cells, by: \.state) }
    package var byReason: [Reason: Int] { sum(cells, by: \.reason) }
    package var byChannel: [Channel: (byState: [DeliveryState: Int], byReason: [Reason: Int])] {
        Dictionary(grouping: cells.filter { $0.channel != nil }) { $0.channel ?? .inapp }
            .mapValues { (sum($0, by: \.state), sum($0, by: \.reason)) }
    }
    /// Of the rows whose language is known.
    package var byLanguage: [String: [DeliveryState: Int]] {
        Dictionary(grouping: cells.filter { $0.language != nil }) { $0.language ?? "" }.mapValues { sum($0, by: \.state) }
    }

    private func sum<Key>(_ cells: [Cell], by key: (Cell) -> Key?) -> [Key: Int] {
        var sums: [Key: Int] = [:]
        for cell in cells { if let key = key(cell) { sums[key, default: 0] += cell.count } }
        return sums
    }
}

/// One row of the ledger, as the API shows it.
package struct DeliveryRecord: Sendable, Equatable {
    package let id: DeliveryID
    package let run: RunID
    package let profile: ProfileID
    /// Nil when the person was erased since.
    package let externalID: String?
    package let subscription: SubscriptionID?
    package let account: Int64?
    package let channel: Channel?
    package let state: DeliveryState
    package let reason: Reason?
    package let detail: String?
    package let language: String?
    package let attempt: Int
    package let nextAt: Timestamp?
    package let providerID: String?
    package let sentAt: Timestamp?
    package let updatedAt: Timestamp
}

/// Which rows of the ledger to list.
package struct DeliveryFilter: Sendable {
    package var state: DeliveryState?
    package var reason: Reason?
    package var profile: ProfileID?
    package var channel: Channel?

    package init(state: DeliveryState? = nil, reason: Reason? = nil, profile: ProfileID? = nil) {
        self.state = state
        self.reason = reason
        self.profile = profile
    }
}
