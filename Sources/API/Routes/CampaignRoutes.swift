import Campaigns
import Core
import HTTPServer
import Segmentation
import Storage

extension RouteGroup {
    /// Campaigns as resources, and the check before a launch: `/v1/campaigns`.
    package static func campaigns(_ services: CampaignServices) -> RouteGroup {
        RouteGroup("campaigns", [
            Endpoint(.POST, "/v1/campaigns", .server(.campaignsWrite),
                     "Stores a draft. `name` must be there; what else is there must be right, the rest may follow until the launch.",
                     body: .init("CampaignWrite"), results: [(201, .schema("Campaign"))], idempotency: .optional) { call in
                let body = try await call.body()
                let definition = try CampaignDefinition(body.value, call.context)
                return try await call.once(body) { transaction in
                    try transaction.check(definition)
                    let campaign = try transaction.createCampaign(name: definition.draft.name, purpose: definition.draft.purpose,
                                                                  definition: definition.json.text)
                    try call.auditor.note(.campaignCreate, "\(campaign.id)", after: campaign.json, in: transaction)
                    return campaign.answer(201, headers: [("location", "/v1/campaigns/\(campaign.id)")])
                }
            },
            Endpoint(.GET, "/v1/campaigns", .server(.campaignReaders), "All campaigns, newest first.", query: Page.parameters,
                     results: [(200, .schema("CampaignList"))]) { call in
                let page = try call.query().page()
                let rows = try await call.store.read {
                    try $0.campaigns(before: page.position.map(CampaignID.init(rawValue:)), limit: page.limit + 1)
                }
                return page.answer(rows.map { ($0.id.rawValue, $0.json) })
            },
            Endpoint(.GET, "/v1/campaigns/{id}", .server(.campaignReaders), "Reads a campaign.",
                     results: [(200, .schema("Campaign")), (304, .empty)]) { call in
                let campaign = try await call.campaign()
                return call.isKnown(campaign.version) ? Answer(notModified: campaign.version) : campaign.answer(200)
            },
            Endpoint(.PATCH, "/v1/campaigns/{id}", .server(.campaignsWrite),
                     "Merges the body into the definition of a draft (RFC 7396): objects member by member, null removes, lists are replaced; so are conditions, as a whole.",
                     body: .init("CampaignPatch"), results: [(200, .schema("Campaign"))], takesIfMatch: true) { call in
                let version = try call.ifMatch()
                return try await change(try await call.body(), call, ifVersion: version).answer(200)
            },
            Endpoint(.DELETE, "/v1/campaigns/{id}", .server(.campaignsWrite), "Deletes a draft and its test sends.", results: [(204, .empty)],
                     takesIfMatch: true) { call in
                let id: CampaignID = try call.identifier()
                let version = try call.ifMatch()
                try await call.store.write { transaction in
                    guard let campaign = try transaction.campaign(id) else { throw StorageError.notFound }
                    try CampaignAction.delete.check(campaign)
                    try transaction.deleteCampaign(id, version: version)
                    try call.auditor.note(.campaignDelete, "\(id)", before: campaign.json, in: transaction)
                }
                return Answer()
            },
            Endpoint(.POST, "/v1/campaigns/{id}/validate", .server([.campaignsWrite, .campaignsLaunch]),
                     "Tells everything that stands in the way of a launch, and how many people it would reach now. Changes nothing.",
                     body: .init("NoFields", isRequired: false), results: [(200, .schema("Validation"))]) { call in try await validation(call, services) },
        ], schemas: campaignSchemas)
    }
}

extension [Scope] {
    /// Who may look at campaigns.
    static let campaignReaders: [Scope] = [.campaignsWrite, .campaignsLaunch, .reportsRead]
}

extension APICall {
    /// The campaign of the path.
    func campaign() async throws -> Campaign {
        let id: CampaignID = try identifier()
        guard let campaign = try await store.read({ try $0.campaign(id) }) else { throw StorageError.notFound }
        return campaign
    }
}

extension StoreTransaction {
    /// - Throws: `InvalidInput` when a condition cannot be compiled.
    fileprivate func check(_ definition: CampaignDefinition) throws {
        let problems = try problems(of: definition.draft)
        if !problems.isEmpty { throw InvalidInput(problems) }
    }
}

/// Merges, checks and stores. What it was merged into may change meanwhile: then it is merged again.
private func change(_ body: JSONBody, _ call: APICall, ifVersion version: Int64?) async throws -> Campaign {
    guard case .object(let patch) = body.value else { throw InvalidInput("", "wrong_type", "must be an object, not \(body.value.typeName)") }
    for _ in 0..<3 {
        let old = try await call.campaign()
        try CampaignAction.edit.check(old)
        if let version, version != old.version { throw StorageError.versionMismatch }
        let written = try JSONValue(parsing: Array(old.definition.utf8)).object ?? JSONObject()
        let merged = MergePatch.apply(patch, toDefinition: written)
        let definition = try whole(merged, call.context)
        do {
            return try await call.write(body) { transaction in
                try transaction.check(definition)
                let new = try transaction.updateCampaign(old.id, version: old.version, name: definition.draft.name,
                                                         purpose: definition.draft.purpose, definition: definition.json.text)
                try call.auditor.note(.campaignUpdate, "\(old.id)", before: old.json, after: new.json, in: transaction)
                return new
            }
        } catch StorageError.versionMismatch where version == nil {
            continue
        }
    }
    throw Problem(.conflict, "The campaign is being changed by others: repeat the request.")
}

/// What merging made. That it lacks something is no fault in the form of the patch.
private func whole(_ merged: JSONValue, _ context: APIContext) throws -> CampaignDefinition {
    do {
        return try CampaignDefinition(merged, context)
    } catch let input as InvalidInput {
        throw Problem(input, formal: ["unknown_field", "wrong_type"])
    }
}

private func validation(_ call: APICall, _ services: CampaignServices) async throws -> Answer {
    let id: CampaignID = try call.identifier()
    let context = call.context
    _ = try await call.optionalBody().read { _ in true }
    let (check, estimate): (LaunchCheck, JSONValue) = try await call.store.read { transaction in
        guard let campaign = try transaction.campaign(id) else { throw StorageError.notFound }
        let check = try LaunchCheck(campaign, transaction, context)
        guard check.errors.isEmpty, let plan = check.plan else { return (check, .null) }
        let people = plan.exclude.map { Condition.and([plan.audience, .not($0)]) } ?? plan.audience
        return (check, try transaction.estimate(people).json(of: plan.channels, asOf: transaction.now))
    }
    let errors = check.errors.map { error -> JSONValue in
        ["pointer": .string(error.pointer), "code": .string(error.code), "detail": .string(error.detail)]
    }
    let troubled = services.engine.accountStatuses.filter { status in
        status.trouble != nil && check.plan?.channels.contains(status.account.channel) == true
    }
    let warnings = troubled.map { status -> JSONValue in
        ["account": .string(status.account.name), "code": "account_trouble", "detail": JSONValue(status.trouble)]
    }
    return Answer(200, ["valid": .bool(check.errors.isEmpty), "errors": .array(errors), "warnings": .array(warnings), "estimate": estimate])
}

extension AudienceEstimate {
    fileprivate func json(of channels: [Channel], asOf now: Timestamp) -> JSONValue {
        let members = channels.map { JSONObject.Member(name: $0.rawValue, value: JSONValue(reachable[$0] ?? 0)) }
        return ["profiles": JSONValue(profiles), "reachable": .object(JSONObject(members)), "as_of": JSONValue(now)]
    }
}
