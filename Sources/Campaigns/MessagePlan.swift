package import Content
package import Core

/// A message to one person as it was posted, the person aside: complete, and checked as a campaign is.
package struct MessagePlan: Sendable {
    package let purpose: Purpose
    package let channels: [Channel]
    package let strategy: CampaignDraft.Strategy
    package let content: CompiledContent
    /// How long after the POST it is still worth sending.
    package let ttl: Duration

    package static let defaultTTL = Duration.seconds(86_400)

    /// Nil when a problem was added to the reader's errors. Whoever made the reader finishes it.
    ///
    /// - Parameter reachable: the channels that have an account.
    package init?(_ reader: inout ObjectReader, rules: [Channel: any ChannelRules], reachable: Set<Channel>) {
        let known = reader.errors.list.count
        purpose = reader.choice("purpose") ?? .transactional
        channels = reader.has("channels") ? reader.channels(deliverable: Set(rules.keys)) : reader.missing("channels") ?? []
        if channels.isEmpty, reader.errors.list.count == known { reader.fail("channels", "missing", "must name at least one channel") }
        for (index, channel) in channels.enumerated() where !reachable.contains(channel) {
            reader.errors.add(JSONPointer.join(reader.pointer(to: "channels"), index), "no_account",
                              "no \(channel.rawValue) account is configured: add one to config.json or remove the channel")
        }
        strategy = reader.choice("strategy", among: [.all, .firstReachable]) ?? .all
        let ttl = reader.duration("ttl") ?? MessagePlan.defaultTTL
        if ttl > .seconds(28 * 86_400) { reader.fail("ttl", "out_of_range", "must be at most P28D: no provider keeps a message longer") }
        self.ttl = ttl
        var content: CompiledContent?
        if let value = reader.value("content") {
            content = CompiledContent(value, channels: channels.isEmpty ? Array(rules.keys) : channels, rules: rules,
                                      at: reader.pointer(to: "content"), errors: reader.errors)
        } else {
            reader.fail("content", "missing", "is required")
        }
        guard reader.errors.list.count == known, let content else { return nil }
        self.content = content
    }

    /// Reads a stored definition; nil for one that this version cannot read.
    package init?(stored definition: String, rules: [Channel: any ChannelRules]) {
        guard let json = try? JSONValue(parsing: Array(definition.utf8)), var reader = ObjectReader(json, errors: FieldErrors())
        else { return nil }
        self.init(&reader, rules: rules, reachable: Set(rules.keys))
    }
}
