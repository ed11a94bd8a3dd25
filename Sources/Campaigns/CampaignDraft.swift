package import Content
package import Core
package import Segmentation

/// A campaign as the marketer wrote it: everything that is there is well-formed, not everything has to be there yet.
package struct CampaignDraft: Sendable {
    package var name: String
    package var purpose: Purpose
    package var audience: Condition?
    package var exclude: Condition?
    package var channels: [Channel]
    package var strategy: Strategy
    package var content: CompiledContent?
    package var schedule: Schedule
    /// How long after its start a message is still worth sending.
    package var ttl: Duration?
    /// An upper bound over all channels of this campaign.
    package var ratePerSecond: Int?
    package var ifLate: IfLate

    package enum Strategy: String, Sendable, CaseIterable {
        /// Every subscription on the chosen channels.
        case all
        /// Per person the first of the channels, in their order, that can be reached.
        case firstReachable = "first_reachable"
        case fallback
    }

    package enum Schedule: Sendable, Equatable {
        case now
        case at(Timestamp)
    }

    /// What becomes of a scheduled start that was missed by more than `CampaignPlan.maxLateness`.
    package enum IfLate: String, Sendable, CaseIterable {
        case skip, send
    }

    /// Nil when a problem was added to `errors`.
    package init?(_ json: JSONValue, rules: [Channel: any ChannelRules], at pointer: String = "", errors: FieldErrors) {
        let known = errors.list.count
        guard var reader = ObjectReader(json, at: pointer, errors: errors) else { return nil }
        name = reader.requiredString("name", maxBytes: 200) ?? ""
        purpose = reader.choice("purpose") ?? .marketing
        audience = reader.value("audience").flatMap { Condition($0, at: reader.pointer(to: "audience"), errors: errors) }
        exclude = reader.value("exclude").flatMap { Condition($0, at: reader.pointer(to: "exclude"), errors: errors) }
        channels = reader.channels(deliverable: Set(rules.keys))
        strategy = reader.choice("strategy") ?? .all
        if strategy == .fallback {
            reader.fail("strategy", "unsupported", "fallback is not delivered by this version: use all or first_reachable")
        }
        schedule = reader.schedule()
        ttl = reader.duration("ttl")
        if let ttl, ttl > .seconds(28 * 86_400) {
            reader.fail("ttl", "out_of_range", "must be at most P28D: no provider keeps a message longer")
        }
        if var rate = reader.reader("rate") {
            ratePerSecond = rate.int("per_second", in: 1...1_000_000).map(Int.init)
            rate.finish()
        }
        ifLate = reader.choice("if_late") ?? .skip
        if let value = reader.value("content") {
            content = CompiledContent(value, channels: channels.isEmpty ? Array(rules.keys) : channels, rules: rules,
                                      at: reader.pointer(to: "content"), errors: errors)
        }
        reader.finish()
        if errors.list.count > known { return nil }
    }
}

extension ObjectReader {
    mutating func channels(deliverable: Set<Channel>) -> [Channel] {
        var channels: [Channel] = []
        for (index, word) in (strings("channels", maxCount: Channel.allCases.count) ?? []).enumerated() {
            let place = JSONPointer.join(pointer(to: "channels"), index)
            guard let channel = Channel(rawValue: word) else {
                let words = Channel.allCases.filter(deliverable.contains).map(\.rawValue)
                errors.add(place, "invalid_value", "must be one of \(words.joined(separator: ", "))\(Suggestion.text(for: word, among: words))")
                continue
            }
            guard deliverable.contains(channel) else {
                errors.add(place, "unsupported", "\(word) is not delivered by this version")
                continue
            }
            guard !channels.contains(channel) else {
                errors.add(place, "invalid_value", "\(word) is named twice")
                continue
            }
            channels.append(channel)
        }
        return channels
    }

    fileprivate mutating func schedule() -> CampaignDraft.Schedule {
        guard var reader = reader("schedule") else { return .now }
        defer { reader.finish() }
        guard let text = reader.requiredString("at"), text != "now" else { return .now }
        guard let time = Timestamp(rfc3339: text) else {
            reader.fail("at", "invalid_value", "must be \"now\" or an RFC 3339 time such as 2026-03-01T09:00:00Z")
            return .now
        }
        return .at(time)
    }
}
