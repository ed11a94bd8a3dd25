import Campaigns
import Core
import Segmentation
import Storage

/// Whether a campaign could be launched as it was at one version: everything is there, its channels have accounts, its
/// conditions compile and its time has not passed. Made on a reader, since reading a large content takes a while; the
/// transaction that acts on it compares the version.
struct LaunchCheck: Sendable {
    let version: Int64
    let errors: [FieldError]
    /// Nil when something is missing.
    let plan: CampaignPlan?

    init(_ campaign: Campaign, _ transaction: StoreTransaction, _ context: APIContext) throws {
        version = campaign.version
        let found = FieldErrors()
        guard let json = try? JSONValue(parsing: Array(campaign.definition.utf8)),
            let draft = CampaignDraft(json, rules: context.channelRules, errors: found)
        else {
            // A version that knew other fields wrote it.
            if found.isEmpty { found.add("", "invalid_value", "is no campaign that this version reads") }
            (errors, plan) = (found.list, nil)
            return
        }
        let plan = CampaignPlan(draft, reachable: Set(transaction.store.accounts.values.map(\.channel)), errors: found)
        for problem in try transaction.problems(of: draft) { found.add(problem.pointer, problem.code, problem.detail) }
        if case .at(let time) = draft.schedule, let problem = LaunchCheck.problem(with: time, at: "/schedule/at", now: transaction.now) {
            found.add(problem.pointer, problem.code, problem.detail)
        }
        self.plan = plan
        errors = found.list
    }

    /// A start that is missed already by more than a late start may be.
    static func problem(with time: Timestamp, at pointer: String, now: Timestamp) -> FieldError? {
        guard time < now - CampaignPlan.maxLateness else { return nil }
        return FieldError(pointer: pointer, code: "too_late",
                          detail: "lies more than \(CampaignPlan.maxLateness.iso8601) in the past, it is \(now) now")
    }

    /// - Parameter excused: a pointer whose problem does not matter to the caller.
    /// - Throws: `Problem` 409 when the campaign has changed since, 422 with everything that stands in the way.
    func demand(_ campaign: Campaign, excusing excused: String? = nil) throws -> CampaignPlan {
        guard campaign.version == version else {
            throw Problem(.conflict, "The campaign was changed at the same moment: repeat the request.")
        }
        let errors = errors.filter { $0.pointer != excused }
        guard errors.isEmpty, let plan else {
            throw Problem(.invalidValue, Problem.sentence(errors, about: "the campaign"), errors: errors)
        }
        return plan
    }
}

extension APICall {
    /// The check of the campaign of the path, as it is now; nil when there is none.
    func launchCheck(_ id: CampaignID) async throws -> LaunchCheck? {
        let context = context
        return try await store.read { transaction in
            try transaction.campaign(id).map { try LaunchCheck($0, transaction, context) }
        }
    }
}
