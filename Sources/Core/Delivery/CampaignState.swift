/// The life of a campaign: `draft -> scheduled -> running <-> paused -> finished`.
package enum CampaignState: String, Sendable, CaseIterable {
    case draft, scheduled, running, paused, finished, cancelled
    /// Its start time was missed by more than the allowed lateness.
    case expired
    /// A configuration fault ended it; the reason says which.
    case failed

    /// The states an explicit transition may lead to.
    package var next: Set<CampaignState> {
        switch self {
        case .draft: [.scheduled, .running]
        case .scheduled: [.running, .draft, .cancelled, .expired, .failed]
        case .running: [.paused, .finished, .cancelled, .failed]
        case .paused: [.running, .cancelled, .finished]
        case .finished, .cancelled, .expired, .failed: []
        }
    }
}
