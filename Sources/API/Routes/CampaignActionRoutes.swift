import Campaigns
import Core
import HTTPServer
import Storage

extension RouteGroup {
    /// What makes a campaign go and stop: `/v1/campaigns/{id}/launch` and its like. The engine is woken once the change is durable.
    package static func campaignActions(_ services: CampaignServices) -> RouteGroup {
        RouteGroup("campaign actions", [
            Endpoint(.POST, "/v1/campaigns/{id}/launch", .server(.campaignsLaunch),
                     "Starts a draft: at once, or at its `schedule.at`. Whatever is missing is told as a 422, and nothing happens.",
                     body: .init("NoFields", isRequired: false), results: [(202, .schema("Campaign"))], idempotency: .required,
                     takesIfMatch: true) { call in
                let body = try await call.optionalBody()
                _ = try body.read { _ in true }
                return try await act(.launch, call, body, services) { transaction, campaign, check in
                    let plan = try check.demand(campaign)
                    guard case .at(let time) = plan.schedule, time > transaction.now else {
                        return try transaction.launchCampaign(campaign.id, version: campaign.version)
                    }
                    return try transaction.launchCampaign(campaign.id, version: campaign.version, scheduledAt: time)
                }
            },
            Endpoint(.POST, "/v1/campaigns/{id}/schedule", .server(.campaignsLaunch),
                     "Launches a draft at that time, whatever its `schedule` says, or moves the time of a scheduled campaign.",
                     body: .init("ScheduleRequest"), results: [(200, .schema("Campaign"))], idempotency: .optional, takesIfMatch: true) { call in
                let body = try await call.body()
                let time = try body.read { $0.has("at") ? $0.timestamp("at") : $0.missing("at") }
                return try await act(.schedule, call, body, services) { transaction, campaign, check in
                    if let problem = LaunchCheck.problem(with: time, at: "/at", now: transaction.now) { throw InvalidInput([problem]) }
                    _ = try check.demand(campaign, excusing: "/schedule/at")
                    if campaign.state == .scheduled { _ = try transaction.transition(campaign.id, to: .draft) }
                    return try transaction.launchCampaign(campaign.id, scheduledAt: time)
                }
            },
            simple(.pause, to: .paused, status: 200, "Stops sending until it is resumed; what is on its way arrives.", services),
            simple(.resume, to: .running, status: 202, "Goes on where it was paused.", services),
            simple(.cancel, to: .cancelled, status: 202, "Ends it for good: whoever has not been sent to yet is `cancelled`.", services),
            Endpoint(.POST, "/v1/campaigns/{id}/test", .server([.campaignsWrite, .messagesSend]),
                     "Sends the campaign as it is now to a few people, on all their subscriptions of its channels, opt-in and all else as in a launch. The campaign must be complete; its state does not matter.",
                     body: .init("TestRequest"), results: [(202, .schema("CampaignTest"))], idempotency: .optional) { call in
                try await test(call, services)
            },
            .resolve(services),
        ], schemas: [
            "NoFields": #"{"type":"object","additionalProperties":false}"#,
            "ScheduleRequest": #"""
                {"type":"object","additionalProperties":false,"required":["at"],"properties":{
                 "at":{"type":"string","format":"date-time","description":"At most an hour ago, which is at once."}},
                 "examples":[{"at":"2099-01-01T09:00:00Z"}]}
                """#,
            "TestRequest": #"""
                {"type":"object","additionalProperties":false,"required":["profiles"],"properties":{
                 "profiles":{"type":"array","minItems":1,"maxItems":20,"items":{"$ref":"#/components/schemas/ExternalID"}}}}
                """#,
            "CampaignTest": #"""
                {"type":"object","additionalProperties":false,"required":["id","campaign","profiles","created_at"],"properties":{
                 "id":{"type":"string","description":"For `?test=` of the campaign's deliveries."},"campaign":{"type":"string"},
                 "profiles":{"type":"array","items":{"$ref":"#/components/schemas/ExternalID"}},
                 "created_at":{"type":"string","format":"date-time"}}}
                """#,
        ].merging(Endpoint.resolveSchemas) { $1 })
    }
}

/// One test send of a campaign, as the API names it.
struct CampaignTestID: Identifier {
    static let prefix = "tst"
    let rawValue: Int64
}

private typealias Effect = @Sendable (StoreTransaction, Campaign, LaunchCheck) throws -> Campaign

/// A transition that needs no look at the definition.
private func simple(_ action: CampaignAction, to state: CampaignState, status: Int, _ summary: String, _ services: CampaignServices) -> Endpoint {
    Endpoint(.POST, "/v1/campaigns/{id}/\(action.rawValue)", .server(.campaignsLaunch), summary, body: .init("NoFields", isRequired: false),
             results: [(status, .schema("Campaign"))], idempotency: .optional, takesIfMatch: true) { call in
        let id: CampaignID = try call.identifier()
        let version = try call.ifMatch()
        let body = try await call.optionalBody()
        _ = try body.read { _ in true }
        let answer = try await call.once(body) { transaction in
            guard let campaign = try transaction.campaign(id) else { throw StorageError.notFound }
            try action.check(campaign)
            let changed = try transaction.transition(id, to: state, from: action.states, version: version)
            try call.auditor.note(action.audited, "\(id)", before: campaign.json, after: changed.json, in: transaction)
            return changed.answer(status)
        }
        services.engine.wake()
        await services.ledger.fence()
        return answer
    }
}

/// A transition that only a complete campaign may make. The check is made before and compared by version, since a repeat must
/// get the first answer whatever has become of the campaign.
private func act(_ action: CampaignAction, _ call: APICall, _ body: JSONBody, _ services: CampaignServices,
                 _ effect: @escaping Effect) async throws -> Answer {
    let id: CampaignID = try call.identifier()
    let version = try call.ifMatch()
    let check = try await call.launchCheck(id)
    let status = call.endpoint.results[0].status
    let answer = try await call.once(body) { transaction in
        guard let check, let campaign = try transaction.campaign(id) else { throw StorageError.notFound }
        try action.check(campaign)
        if let version, version != campaign.version { throw StorageError.versionMismatch }
        let changed = try effect(transaction, campaign, check)
        try call.auditor.note(action.audited, "\(id)", before: campaign.json, after: changed.json, in: transaction)
        return changed.answer(status)
    }
    services.engine.wake()
    return answer
}

private let maxTestProfiles = 20

private func test(_ call: APICall, _ services: CampaignServices) async throws -> Answer {
    let id: CampaignID = try call.identifier()
    let body = try await call.body()
    let names = try body.read { reader -> [String]? in
        guard reader.has("profiles") else { return reader.missing("profiles") }
        let names = reader.strings("profiles", maxCount: maxTestProfiles, maxBytes: ExternalID.maxBytes)
        if names?.isEmpty == true { reader.fail("profiles", "invalid_value", "must name 1 to \(maxTestProfiles) profiles") }
        return names
    }
    let check = try await call.launchCheck(id)
    let answer = try await call.once(body) { transaction in
        guard let check, let campaign = try transaction.campaign(id) else { throw StorageError.notFound }
        _ = try check.demand(campaign, excusing: "/schedule/at")
        let test = try transaction.createTest(of: id, profiles: try transaction.profiles(names))
        try call.auditor.note(.campaignTest, "\(id)", before: campaign.json, after: campaign.json, in: transaction)
        return Answer(202, ["id": .string(CampaignTestID(rawValue: test.id).description), "campaign": .string(id.description),
                            "profiles": .array(names.enumerated().filter { names.firstIndex(of: $1) == $0 }.map { .string($1) }), "created_at": JSONValue(test.createdAt)])
    }
    services.engine.wake()
    return answer
}

extension StoreTransaction {
    /// The rows of external ids, each once.
    ///
    /// - Throws: `InvalidInput` that names the unknown ones.
    fileprivate func profiles(_ names: [String]) throws -> [ProfileID] {
        var found: [ProfileID] = []
        var problems: [FieldError] = []
        for (index, name) in names.enumerated() {
            guard let id = try profileID(name) else {
                problems.append(FieldError(pointer: "/profiles/\(index)", code: "unknown_profile", detail: "\"\(name)\" is not a known profile"))
                continue
            }
            if !found.contains(id) { found.append(id) }
        }
        guard problems.isEmpty else { throw InvalidInput(problems) }
        return found
    }
}
