package import Content
package import Core
package import Segmentation

/// A campaign with nothing missing: what launching freezes and the delivery engine follows.
package struct CampaignPlan: Sendable {
    package let name: String
    package let purpose: Purpose
    package let audience: Condition
    package let exclude: Condition?
    package let channels: [Channel]
    package let strategy: CampaignDraft.Strategy
    package let content: CompiledContent
    package let schedule: CampaignDraft.Schedule
    package let ttl: Duration?
    package let ratePerSecond: Int?
    package let ifLate: CampaignDraft.IfLate

    /// A scheduled start missed by more than this is late.
    package static let maxLateness = Duration.seconds(3_600)

    /// Nil when something is missing for a launch; the problems are added to `errors`.
    ///
    /// - Parameter reachable: the channels that have an account.
    package init?(_ draft: CampaignDraft, reachable: Set<Channel>, at pointer: String = "", errors: FieldErrors) {
        let known = errors.list.count
        func missing(_ field: String, _ detail: String) { errors.add(JSONPointer.join(pointer, field), "missing", detail) }
        if draft.audience == nil {
            missing("audience", "is required: name a segment or a condition; everyone is {\"all\":true}")
        }
        if draft.channels.isEmpty { missing("channels", "is required: name at least one channel") }
        if draft.content == nil { missing("content", "is required") }
        for (index, channel) in draft.channels.enumerated() where !reachable.contains(channel) {
            errors.add(JSONPointer.join(JSONPointer.join(pointer, "channels"), index), "no_account",
                       "no \(channel.rawValue) account is configured: add one to config.json or remove the channel")
        }
        guard errors.list.count == known, let audience = draft.audience, let content = draft.content else { return nil }
        name = draft.name
        purpose = draft.purpose
        self.audience = audience
        exclude = draft.exclude
        channels = draft.channels
        strategy = draft.strategy
        self.content = content
        schedule = draft.schedule
        ttl = draft.ttl
        ratePerSecond = draft.ratePerSecond
        ifLate = draft.ifLate
    }
}
