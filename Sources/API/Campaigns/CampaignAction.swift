import Core
import Storage

/// What may be asked of a campaign, and in which states.
enum CampaignAction: String, CaseIterable {
    case edit, delete, launch, schedule, pause, resume, cancel

    var states: Set<CampaignState> {
        switch self {
        case .edit, .delete, .launch: [.draft]
        case .schedule: [.draft, .scheduled]
        case .pause: [.running]
        case .resume: [.paused]
        case .cancel: [.scheduled, .running, .paused]
        }
    }

    /// What the audit log calls it.
    var audited: AuditAction {
        switch self {
        case .edit: .campaignUpdate
        case .delete: .campaignDelete
        case .launch: .campaignLaunch
        case .schedule: .campaignSchedule
        case .pause: .campaignPause
        case .resume: .campaignResume
        case .cancel: .campaignCancel
        }
    }

    /// - Throws: `Problem` 409 that names the state and what it allows.
    func check(_ campaign: Campaign) throws {
        guard !states.contains(campaign.state) else { return }
        let allowed = CampaignAction.allCases.filter { $0.states.contains(campaign.state) }.map(\.rawValue)
        let hint = allowed.isEmpty ? "it has ended and stays as it is" : "what it allows is \(allowed.joined(separator: ", "))"
        throw Problem(.conflict, "\(rawValue) is not possible: the campaign \(campaign.id) is \(campaign.state.rawValue), \(hint).")
    }
}
