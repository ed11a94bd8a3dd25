import Campaigns
import Core
import HTTPServer
import Segmentation
import Storage

extension RouteGroup {
    /// Named conditions: `/v1/segments`.
    static let segments = RouteGroup("segments", [
        Endpoint(.POST, "/v1/segments", .server(.segmentsWrite), "Stores a condition under a name.",
                 body: .init("SegmentWrite"), results: [(201, .schema("Segment"))], idempotency: .optional) { call in
            let body = try await call.body()
            let input = try SegmentInput(body)
            return try await call.once(body) { transaction in
                try input.check(transaction)
                let segment = try transaction.add(segment: input.name, condition: input.condition.normalizedJSON)
                try call.auditor.note(.segmentCreate, "\(segment.id)", after: segment.json, in: transaction)
                return segment.answer(201, location: true)
            }
        },
        Endpoint(.GET, "/v1/segments", .server(.segmentsWrite), "All segments, newest first.", query: Page.parameters,
                 results: [(200, .schema("SegmentList"))]) { call in
            let page = try call.query().page()
            let rows = try await call.store.read { try $0.segments(before: page.position, limit: page.limit + 1) }
            return page.answer(rows.map { ($0.id.rawValue, $0.json) })
        },
        Endpoint(.GET, "/v1/segments/{id}", .server(.segmentsWrite), "Reads a segment.",
                 results: [(200, .schema("Segment")), (304, .empty)]) { call in
            let segment = try await segment(call)
            return call.isKnown(segment.version) ? Answer(notModified: segment.version) : segment.answer(200)
        },
        Endpoint(.PUT, "/v1/segments/{id}", .server(.segmentsWrite), "Replaces a segment. 422 when what names it, another segment or a campaign that is scheduled, would become too large or lead back to itself.", body: .init("SegmentWrite"),
                 results: [(200, .schema("Segment"))], takesIfMatch: true) { call in
            let id: SegmentID = try call.identifier()
            let version = try call.ifMatch()
            let body = try await call.body()
            let input = try SegmentInput(body)
            return try await call.write(body) { transaction in
                let old = try transaction.segment(id)
                let new = try transaction.replace(segment: id, name: input.name, condition: input.condition.normalizedJSON, ifVersion: version)
                // With the new condition in its place, so that one that leads back to itself is found.
                if new.condition != old?.condition {
                    try input.check(transaction)
                    try transaction.checkUsers(of: id, call.context)
                }
                try call.auditor.note(.segmentReplace, "\(id)", before: old?.json, after: new.json, in: transaction)
                return new.answer(200)
            }
        },
        Endpoint(.DELETE, "/v1/segments/{id}", .server(.segmentsWrite),
                 "Deletes a segment, unless another segment or a campaign that has not ended names it.", results: [(204, .empty)],
                 takesIfMatch: true) { call in
            let id: SegmentID = try call.identifier()
            let version = try call.ifMatch()
            try await call.store.write { transaction in
                let old = try transaction.segment(id)
                try transaction.delete(segment: id, ifVersion: version)
                try call.auditor.note(.segmentDelete, "\(id)", before: old?.json, in: transaction)
            }
            return Answer()
        },
        Endpoint(.POST, "/v1/segments/estimate", .server([.segmentsWrite, .campaignsWrite, .reportsRead]),
                 "Counts the people a condition holds for, and those a message can reach now, per channel.",
                 body: .init("EstimateRequest"), results: [(200, .schema("Estimate"))]) { call in
            let condition = try await call.body().read { Condition(field: "condition", of: &$0) }
            return try await call.store.read { transaction in
                let estimate = try naming("/condition") {
                    try transaction.demand(condition)
                    return try transaction.estimate(condition)
                }
                let reachable = estimate.reachable.sorted { $0.key.rawValue < $1.key.rawValue }
                    .map { JSONObject.Member(name: $0.key.rawValue, value: JSONValue($0.value)) }
                return Answer(200, ["profiles": JSONValue(estimate.profiles), "reachable": .object(JSONObject(reachable)), "exact": true,
                                    "as_of": JSONValue(transaction.now)])
            }
        },
        Endpoint(.GET, "/v1/segments/{id}/members", .server([.segmentsWrite, .profilesRead]),
                 "The people a segment holds for.", query: Page.parameters, results: [(200, .schema("MemberList"))]) { call in
            let page = try call.query().page()
            let stored = try await segment(call)
            let condition = try stored.parsed()
            return try await call.store.read { transaction in
                let rows = try transaction.members(of: condition, after: page.position ?? 0, limit: page.limit + 1)
                return page.answer(rows.map { ($0.id.rawValue, ["profile": .string($0.externalID)]) })
            }
        },
        Endpoint(.POST, "/v1/segments/explain", .server([.segmentsWrite, .profilesRead]),
                 "Tells, statement by statement, whether a condition holds for one profile.", body: .init("ExplainRequest"),
                 results: [(200, .schema("Explanation"))]) { call in
            let (profile, condition) = try await call.body().read { reader in
                let profile = reader.externalID("profile")
                let condition = Condition(field: "condition", of: &reader)
                return profile.flatMap { profile in condition.map { (profile, $0) } }
            }
            return try await call.store.read { transaction in
                guard let id = try transaction.profileID(profile) else {
                    throw InvalidInput("/profile", "unknown_profile", "is not a known profile")
                }
                let verdict = try naming("/condition") {
                    try transaction.demand(condition)
                    return try transaction.explain(condition, for: id)
                }
                let leaves = verdict.leaves.map { leaf -> JSONValue in
                    ["pointer": .string(leaf.leaf.pointer), "condition": leaf.leaf.condition.normalizedJSON, "matches": .bool(leaf.holds)]
                }
                return Answer(200, ["profile": .string(profile), "matches": .bool(verdict.matches), "conditions": .array(leaves)])
            }
        },
    ], schemas: [
        "SegmentWrite": #"""
            {"type":"object","additionalProperties":false,"required":["name","condition"],"properties":{
             "name":{"type":"string","minLength":1,"maxLength":256},"condition":{"$ref":"#/components/schemas/Condition"}},
             "examples":[{"name":"VIP","condition":{"tag":"vip"}}]}
            """#,
        "Segment": #"""
            {"type":"object","additionalProperties":false,"required":["id","name","condition","version","created_at","updated_at"],"properties":{
             "id":{"type":"string"},"name":{"type":"string"},"condition":{"$ref":"#/components/schemas/Condition"},
             "version":{"type":"integer","description":"Counts the changes; the ETag holds it."},
             "created_at":{"type":"string","format":"date-time"},"updated_at":{"type":"string","format":"date-time"}}}
            """#,
        "SegmentList": #"""
            {"type":"object","additionalProperties":false,"required":["data","next_cursor"],"properties":{
             "data":{"type":"array","items":{"$ref":"#/components/schemas/Segment"}},"next_cursor":{"type":["string","null"]}}}
            """#,
        "EstimateRequest": #"""
            {"type":"object","additionalProperties":false,"required":["condition"],"properties":{"condition":{"$ref":"#/components/schemas/Condition"}}}
            """#,
        "Estimate": #"""
            {"type":"object","additionalProperties":false,"required":["profiles","reachable","exact","as_of"],"properties":{
             "profiles":{"type":"integer"},
             "reachable":{"type":"object","additionalProperties":{"type":"integer"},"description":"Profiles with an opted-in, valid subscription, per channel."},
             "exact":{"type":"boolean"},"as_of":{"type":"string","format":"date-time"}}}
            """#,
        "MemberList": #"""
            {"type":"object","additionalProperties":false,"required":["data","next_cursor"],"properties":{
             "data":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["profile"],
               "properties":{"profile":{"$ref":"#/components/schemas/ExternalID"}}}},
             "next_cursor":{"type":["string","null"]}}}
            """#,
        "ExplainRequest": #"""
            {"type":"object","additionalProperties":false,"required":["profile","condition"],"properties":{
             "profile":{"$ref":"#/components/schemas/ExternalID"},"condition":{"$ref":"#/components/schemas/Condition"}}}
            """#,
        "Explanation": #"""
            {"type":"object","additionalProperties":false,"required":["profile","matches","conditions"],"properties":{
             "profile":{"$ref":"#/components/schemas/ExternalID"},"matches":{"type":"boolean"},
             "conditions":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["pointer","condition","matches"],"properties":{
               "pointer":{"type":"string"},"condition":{"$ref":"#/components/schemas/Condition"},"matches":{"type":"boolean"}}}}}}
            """#,
    ])
}

private struct SegmentInput: Sendable {
    let name: String
    let condition: Condition

    init(_ body: JSONBody) throws {
        self = try body.read { reader in
            let name = reader.requiredString("name", maxBytes: 256)
            let condition = Condition(field: "condition", of: &reader)
            return name.flatMap { name in condition.map { SegmentInput(name: name, condition: $0) } }
        }
    }

    private init(name: String, condition: Condition) {
        self.name = name
        self.condition = condition
    }

    /// - Throws: `InvalidInput` when the condition cannot be compiled: it names a segment or a campaign that is missing.
    func check(_ transaction: StoreTransaction) throws {
        try naming("/condition") { try transaction.demand(condition) }
    }
}

extension Condition {
    /// A condition that must be there.
    init?(field name: String, of reader: inout ObjectReader) {
        guard let value = reader.value(name) else {
            reader.fail(name, "missing", "is required")
            return nil
        }
        self.init(value, at: reader.pointer(to: name), errors: reader.errors)
    }
}

/// Runs what compiles the condition that stands at `pointer` of the body.
private func naming<Value>(_ pointer: String, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let input as InvalidInput { throw input.below(pointer) }
}

extension StoreTransaction {
    /// Whether all that names a segment, directly or through others, can be compiled with what the segment is now.
    ///
    /// - Throws: `InvalidInput` that tells what cannot.
    fileprivate func checkUsers(of id: SegmentID, _ context: APIContext) throws {
        let users = try users(of: id)
        for user in users {
            do { try check(try user.parsed()) } catch let input as InvalidInput { throw refusal(for: "\(user.id)", input) }
        }
        let changed = Set(users.map(\.id) + [id])
        for campaign in try campaigns(in: [.scheduled]) {
            guard let json = try? JSONValue(parsing: Array(campaign.definition.utf8)),
                  let draft = CampaignDraft(json, rules: context.channelRules, errors: FieldErrors()) else { continue }
            for condition in [draft.audience, draft.exclude].compactMap(\.self) where !condition.referencedSegments.isDisjoint(with: changed) {
                do { try check(condition) } catch let input as InvalidInput { throw refusal(for: "\(campaign.id), which is scheduled,", input) }
            }
        }
    }

    private func refusal(for user: String, _ input: InvalidInput) -> InvalidInput {
        InvalidInput("/condition", input.errors.first?.code ?? "invalid_value",
                     "does not fit \(user) which names this segment: that \(input.errors.first?.detail ?? "cannot be read")")
    }
}

private func segment(_ call: APICall) async throws -> Segment {
    let id: SegmentID = try call.identifier()
    guard let segment = try await call.store.read({ try $0.segment(id) }) else { throw StorageError.notFound }
    return segment
}

extension Segment {
    fileprivate var json: JSONValue {
        ["id": .string(id.description), "name": .string(name), "condition": condition, "version": .int(version),
         "created_at": JSONValue(createdAt), "updated_at": JSONValue(updatedAt)]
    }

    fileprivate func answer(_ status: Int, location: Bool = false) -> Answer {
        let place = location ? [("location", "/v1/segments/\(id)")] : []
        return Answer(status, json, headers: [("etag", "\"\(version)\"")] + place)
    }

    /// - Throws: `Problem` when a former version wrote a condition that this one does not read.
    fileprivate func parsed() throws -> Condition {
        let errors = FieldErrors()
        guard let parsed = Condition(condition, errors: errors) else { throw Problem(InvalidInput(errors.list)) }
        return parsed
    }
}
