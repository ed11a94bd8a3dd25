import Core
import HTTPServer
import Storage

extension RouteGroup {
    /// What people did: `/v1/events`.
    static let events = RouteGroup("events", [
        Endpoint(.POST, "/v1/events", .serverOrApp(.eventsWrite),
                 "Stores one event or up to 500. All must be well-formed or nothing is stored; a known `id` changes nothing; an event of an unknown profile is answered with `unknown_profile`. 200 when nothing was refused, 207 when some were, 422 when all were.",
                 body: .init("EventWrite"), results: [(200, .schema("EventResults")), (207, .schema("EventResults"))],
                 idempotency: .optional) { call in
            let body = try await call.body()
            let events = try read(body.value, call)
            return try await call.once(body) { transaction in
                var outcomes: [EventOutcome] = []
                for event in events { outcomes.append(try transaction.add(event: event, createsProfiles: false)) }
                return try answer(events, outcomes, isArray: body.value.array != nil)
            }
        },
    ], schemas: [
        "Event": #"""
            {"type":"object","additionalProperties":false,"required":["id","profile","name"],"properties":{
             "id":{"type":"string","minLength":1,"maxLength":256,"description":"The sender's own: repeats of it change nothing."},
             "profile":{"$ref":"#/components/schemas/ExternalID"},
             "name":{"type":"string","minLength":1,"maxLength":128},
             "at":{"type":"string","format":"date-time","description":"Now when absent; at most a day ahead."},
             "properties":{"type":"object","description":"At most 16384 bytes as compact JSON."},
             "identity_proof":{"type":"string","maxLength":128,"description":"App keys: hexadecimal HMAC-SHA256 of `profile` with the key's identity secret."}}}
            """#,
        "EventWrite": #"""
            {"oneOf":[{"$ref":"#/components/schemas/Event"},{"type":"array","minItems":1,"maxItems":500,"items":{"$ref":"#/components/schemas/Event"}}]}
            """#,
        "EventResults": #"""
            {"type":"object","additionalProperties":false,"required":["data","accepted","duplicates","refused"],"properties":{
             "data":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["id","status"],"properties":{
               "id":{"type":"string"},"status":{"enum":["accepted","duplicate","unknown_profile"]}}}},
             "accepted":{"type":"integer"},"duplicates":{"type":"integer"},"refused":{"type":"integer"}}}
            """#,
    ])
}

private let maxEvents = 500

private func read(_ value: JSONValue, _ call: APICall) throws -> [NewEvent] {
    let now = call.store.now
    guard let items = value.array else { return [try read(item: value, at: "", call, now)] }
    guard (1...maxEvents).contains(items.count) else {
        throw InvalidInput("", items.isEmpty ? "invalid_value" : "too_many", "must hold 1 to \(maxEvents) events, holds \(items.count)")
    }
    var problems: [FieldError] = []
    var events: [NewEvent] = []
    for (index, item) in items.enumerated() {
        do {
            events.append(try read(item: item, at: JSONPointer.join("", index), call, now))
        } catch let input as InvalidInput {
            // Enough to see what is wrong; those after them are not told, but refused all the same.
            if problems.count < 50 { problems += input.errors }
        }
    }
    guard problems.isEmpty else { throw InvalidInput(problems) }
    return events
}

private func read(item: JSONValue, at pointer: String, _ call: APICall, _ now: Timestamp) throws -> NewEvent {
    let (event, proof) = try JSONBody.read(item, at: pointer) { EventInput.read(&$0, now: now) }
    try IdentityProof.check(proof, at: pointer, for: event.profile, by: call.key)
    return event
}

private func answer(_ events: [NewEvent], _ outcomes: [EventOutcome], isArray: Bool) throws -> Answer {
    let refused = outcomes.count { $0 == .unknownProfile }
    guard refused < outcomes.count else {
        throw InvalidInput(outcomes.indices.prefix(50).map { index in
            FieldError(pointer: isArray ? "/\(index)/profile" : "/profile", code: "unknown_profile",
                       detail: "is not a known profile: create it first")
        })
    }
    let data = zip(events, outcomes).map { event, outcome -> JSONValue in ["id": .string(event.id), "status": .string(outcome.rawValue)] }
    return Answer(refused == 0 ? 200 : 207, [
        "data": .array(data), "accepted": JSONValue(outcomes.count { $0 == .accepted }),
        "duplicates": JSONValue(outcomes.count { $0 == .duplicate }), "refused": JSONValue(refused),
    ])
}
