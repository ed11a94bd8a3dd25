import Core
import Storage

/// The launch of a campaign in numbers, as the API shows it. Before the audience is frozen, which follows the start by
/// moments, it is 0 and so is everything else: the states sum to the audience at every instant.
struct CampaignReport {
    private let campaign: Campaign
    private let report: LedgerReport?
    private let rate: SendRates.Rate
    private let eta: Timestamp?

    init(_ campaign: Campaign, _ report: LedgerReport?, _ rates: SendRates, now: Timestamp, monotonic: Int64) {
        self.campaign = campaign
        self.report = report
        guard let report else {
            (rate, eta) = (SendRates.Rate(sentPerSecond: 0, settledPerSecond: 0), nil)
            return
        }
        let count = SendRates.Count(sent: report.count { $0.wasSent }, settled: report.count { $0.isTerminal })
        let recent = rates.rate(of: campaign.id, count, now: monotonic)
        if let end = report.run.finishedAt ?? campaign.finishedAt {
            rate = SendRates.rate(to: count, milliseconds: (end - report.run.frozenAt).milliseconds)
        } else {
            rate = recent ?? SendRates.rate(to: count, milliseconds: (now - report.run.frozenAt).milliseconds)
        }
        let seconds = Double(report.total - count.settled) / rate.settledPerSecond
        let isUnderWay = campaign.state == .running && report.run.finishedAt == nil
        // A pace that takes more than a year says nothing.
        eta = isUnderWay && seconds < 31_536_000 ? now + .milliseconds(Int64(seconds * 1_000)) : nil
    }

    var json: JSONValue {
        let cells = report?.cells ?? []
        let channels = Channel.allCases.compactMap { channel in member(channel.rawValue, cells.filter { $0.channel == channel }) }
        let languages = Set(cells.compactMap(\.language)).sorted().compactMap { language in
            member(language, cells.filter { $0.language == language })
        }
        return [
            "campaign": .string(campaign.id.description), "state": .string(campaign.state.rawValue),
            "audience": JSONValue(report?.total ?? 0), "by_state": states(cells, always: [.pending, .accepted, .rejected, .skipped, .unknown]),
            "by_reason": reasons(cells), "by_channel": .object(JSONObject(channels)), "by_language": .object(JSONObject(languages)),
            "rate": ["per_second": .double((rate.sentPerSecond * 10).rounded() / 10)],
            "started_at": JSONValue(campaign.startedAt), "finished_at": JSONValue(campaign.finishedAt), "eta": JSONValue(eta),
        ]
    }

    private func member(_ name: String, _ cells: [LedgerReport.Cell]) -> JSONObject.Member? {
        cells.isEmpty ? nil : .init(name: name, value: ["by_state": states(cells), "by_reason": reasons(cells)])
    }

    private func states(_ cells: [LedgerReport.Cell], always: Set<DeliveryState> = []) -> JSONValue {
        .object(JSONObject(DeliveryState.allCases.compactMap { state in
            let count = cells.lazy.filter { $0.state == state }.reduce(0) { $0 + $1.count }
            return count > 0 || always.contains(state) ? .init(name: state.rawValue, value: JSONValue(count)) : nil
        }))
    }

    private func reasons(_ cells: [LedgerReport.Cell]) -> JSONValue {
        .object(JSONObject(Reason.allCases.compactMap { reason in
            let count = cells.lazy.filter { $0.reason == reason }.reduce(0) { $0 + $1.count }
            return count > 0 ? .init(name: reason.rawValue, value: JSONValue(count)) : nil
        }))
    }
}

extension LedgerReport {
    fileprivate func count(_ isCounted: (DeliveryState) -> Bool) -> Int {
        cells.reduce(0) { isCounted($1.state) ? $0 + $1.count : $0 }
    }
}

extension DeliveryState {
    /// An attempt was made and is over.
    fileprivate var wasSent: Bool {
        switch self {
        case .accepted, .delivered, .opened, .clicked, .rejected, .dead, .unknown: true
        case .pending, .leased, .sending, .skipped, .expired, .cancelled: false
        }
    }
}
