internal import GRDB
package import Core

/// What an event tells: ids, states, counts and reasons; never an address or a token.
package struct Announcement: Sendable {
    var data: JSONObject
    /// Whom it is about.
    var profile: ProfileID?
}

extension StoreTransaction {
    /// Puts an event into the outbox of every webhook that wants it, in the transaction of what it tells of: it goes out if that is
    /// committed, and only then.
    ///
    /// - Parameters:
    ///   - message: its `webhook-id`, when it has one already.
    ///   - time: when it happened, if that is not now.
    ///   - tell: called when there is one.
    func announce(_ event: WebhookEvent, as message: String? = nil, at time: Timestamp? = nil, _ tell: () throws -> Announcement?) throws {
        guard try wants(event), let announcement = try tell() else { return }
        // Returns nothing. Adds a delivery for each webhook that wants the event.
        try run("""
            INSERT INTO webhook_delivery (webhook, message, type, body, profile, next_at, created_at, updated_at)
            SELECT w.id, ?1, ?2, ?3, ?4, ?5, ?5, ?5 FROM webhook_event e CROSS JOIN webhook w ON w.id = e.webhook WHERE e.type = ?2 AND w.enabled = 1
            """, [message ?? StoreTransaction.newMessage(), event.rawValue, body(of: event, at: time ?? now, announcement.data), announcement.profile?.rawValue,
                  now.milliseconds])
    }

    /// Whether any webhook is told of it.
    package func wants(_ event: WebhookEvent) throws -> Bool {
        // Returns whether an enabled webhook wants an event. Changes nothing.
        try statement("SELECT 1 FROM webhook_event e CROSS JOIN webhook w ON w.id = e.webhook WHERE e.type = ? AND w.enabled = 1 LIMIT 1")
            .first(event.rawValue) { _ in } != nil
    }

    /// An event for one webhook that tells of nothing.
    ///
    /// - Throws: `StorageError.notFound`, `.conflict` when the webhook is disabled.
    package func test(webhook id: WebhookID) throws -> WebhookDelivery {
        try demandEnabled(id)
        let event = WebhookEvent.test
        // Returns the new delivery. Adds it.
        let made = try row("""
            INSERT INTO webhook_delivery (webhook, message, type, body, next_at, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?5) RETURNING *
            """, [id.rawValue, StoreTransaction.newMessage(), event.rawValue, body(of: event, at: now, ["webhook": .string(id.description)]), now.milliseconds])
        guard let made else { throw StorageError.unusable("an insert returned no row") }
        return WebhookDelivery(row: made)
    }

    /// Random, so that no other installation, and none that a backup was restored to, gives the same name to something else.
    private static func newMessage() -> String {
        "msg_" + (0..<2).map { _ in String(UInt64.random(in: 1 << 63 ... .max), radix: 16) }.joined()
    }

    /// As Standard Webhooks recommends.
    private func body(of event: WebhookEvent, at time: Timestamp, _ data: JSONObject) -> String {
        JSONValue.object(["type": .string(event.rawValue), "timestamp": .string(time.description), "data": .object(data)]).text
    }
}

extension StoreTransaction {
    /// - Parameters:
    ///   - isResumed: whether it ran before.
    ///   - counts: its rows by state, when they are known.
    func announce(_ campaign: Campaign, isResumed: Bool, counts: [DeliveryState: Int]?) throws {
        let event: WebhookEvent? = switch campaign.state {
        case .draft, .scheduled: nil
        case .running: isResumed ? .campaignResumed : .campaignStarted
        case .paused: .campaignPaused
        case .finished: .campaignFinished
        case .cancelled: .campaignCancelled
        case .expired: .campaignExpired
        case .failed: .campaignFailed
        }
        guard let event else { return }
        try announce(event) {
            var data: JSONObject = [
                "campaign": .string(campaign.id.description), "name": .string(campaign.name), "state": .string(campaign.state.rawValue),
                "reason": JSONValue(campaign.reason), "started_at": JSONValue(campaign.startedAt?.description),
                "finished_at": JSONValue(campaign.finishedAt?.description),
            ]
            if let counts {
                data["audience"] = JSONValue(counts.values.reduce(0, +))
                data["by_state"] = .object(JSONObject(DeliveryState.allCases.compactMap { state in
                    counts[state].map { .init(name: state.rawValue, value: JSONValue($0)) }
                }))
            }
            return Announcement(data: data)
        }
    }

    /// - Parameter source: where the decision was heard.
    func announceOptOut(of subscription: Subscription, source: String) throws {
        try announce(.subscriptionOptedOut) { subscription.announcement(["source": .string(source)]) }
    }

    func announceInvalid(_ id: SubscriptionID, reason: String) throws {
        try announce(.subscriptionInvalidated) { try subscription(id)?.announcement(["reason": .string(reason)]) }
    }
}

extension StoreTransaction {
    /// Nothing is told of somebody who has been erased since.
    package func announce(_ event: MessageEvent) throws {
        guard let type = WebhookEvent(message: event.state) else { return }
        try announce(type, as: event.name, at: event.at) {
            // Returns whom a message was for, and the name of an account. Changes nothing.
            try row("""
                SELECT p.id, p.external_id, (SELECT name FROM account WHERE id = ?) FROM message m JOIN profile p ON p.id = m.profile WHERE m.id = ?
                """, [event.account, event.message.rawValue]).map { found in
                Announcement(data: [
                    "message": .string(event.message.description), "delivery": .string(event.delivery.description), "profile": .string(found[1]),
                    "subscription": JSONValue(event.subscription?.description), "channel": JSONValue(event.channel?.rawValue),
                    "account": JSONValue(found[2] as String?), "state": .string(event.state.rawValue), "reason": JSONValue(event.reason?.rawValue),
                    "detail": JSONValue(event.detail),
                ], profile: ProfileID(rawValue: found[0]))
            }
        }
    }
}

extension StoreTransaction {
    /// - Parameters:
    ///   - detail: the provider's own words.
    ///   - paused: what was paused for it.
    func announce(_ notice: AccountNotice, detail: String, of account: Account, paused: [CampaignID]) throws {
        try announce(.accountNotice) {
            Announcement(data: [
                "account": .string(account.name), "channel": .string(account.channel.rawValue), "notice": .string(notice.rawValue), "detail": .string(detail),
                "paused": .array(paused.map { .string($0.description) }),
            ])
        }
    }
}

extension Subscription {
    fileprivate func announcement(_ more: JSONObject) -> Announcement {
        var data: JSONObject = [
            "subscription": .string(id.description), "profile": .string(profileExternalID), "channel": .string(channel.rawValue), "account": .string(account),
        ]
        for member in more.members { data[member.name] = member.value }
        return Announcement(data: data, profile: profile)
    }
}
