import Campaigns
import Core
import HTTPServer
import Storage

extension RouteGroup {
    /// Messages to one person each, sent at once and before any campaign: `/v1/messages`.
    package static func messages(_ services: CampaignServices) -> RouteGroup {
        RouteGroup("messages", [
            Endpoint(.POST, "/v1/messages", .server(.messagesSend),
                     "Sends a message to one person, before all that campaigns have waiting. That nothing reaches the person is told by its deliveries, not here; opt-in is asked for as in a launch, whatever the purpose.",
                     body: .init("MessageWrite"), results: [(202, .schema("Message"))], maxBodyBytes: 262_144, idempotency: .required) { call in
                try await post(call, services)
            },
            Endpoint(.GET, "/v1/messages/{id}", .server([.messagesSend, .reportsRead]), "What became of a message.",
                     results: [(200, .schema("Message"))]) { call in
                let id: MessageID = try call.identifier()
                guard let message = try await call.store.read({ try $0.message(id) }) else { throw StorageError.notFound }
                let rows = try await services.ledger.deliveries(of: id)
                return Answer(200, message.json(rows, try await json(of: rows ?? [], services.ledger).map(\.json)))
            },
            .resolveMessage(services),
        ], schemas: [
            "MessageWrite": #"""
                {"type":"object","additionalProperties":false,"required":["profile","channels","content"],"properties":{
                 "profile":{"$ref":"#/components/schemas/ExternalID"},
                 "channels":{"type":"array","minItems":1,"uniqueItems":true,"items":{"$ref":"#/components/schemas/Channel"}},
                 "content":{"$ref":"#/components/schemas/Content"},
                 "purpose":{"enum":["marketing","transactional","service"],"default":"transactional"},
                 "strategy":{"enum":["all","first_reachable"],"default":"all","description":"Every subscription on the channels, or those of the first channel that reaches the person."},
                 "ttl":{"type":"string","minLength":3,"maxLength":64,"pattern":"^P([1-9][0-9]{0,3}W)?([1-9][0-9]{0,4}D)?(T([1-9][0-9]{0,5}H)?([1-9][0-9]{0,7}M)?([1-9][0-9]{0,8}S)?)?$","default":"P1D","description":"ISO 8601 duration: how long it is worth sending; at most P28D."}},
                 "examples":[{"profile":"u1","channels":["sms"],"content":{"default_language":"fr","fr":{"body":"Votre code : 4711"}},"ttl":"PT10M"}]}
                """#,
            "Message": #"""
                {"type":"object","additionalProperties":false,
                 "required":["id","profile","purpose","state","created_at","expires_at","deliveries"],"properties":{
                 "id":{"type":"string"},"profile":{"$ref":"#/components/schemas/ExternalID"},
                 "purpose":{"enum":["marketing","transactional","service"]},
                 "state":{"enum":["queued","sending","finished"],"description":"`finished` when nothing more will be attempted; its deliveries say with what result."},
                 "created_at":{"type":"string","format":"date-time"},"expires_at":{"type":"string","format":"date-time"},
                 "deliveries":{"type":"array","items":{"$ref":"#/components/schemas/Delivery"},"description":"One for each address it goes to, or one that says why there is none; empty for the moment until they are made."}}}
                """#,
        ])
    }
}

private func post(_ call: APICall, _ services: CampaignServices) async throws -> Answer {
    let body = try await call.body()
    let (rules, accounts) = (call.context.channelRules, call.store.accounts)
    let (person, plan) = try body.read { reader -> (String, MessagePlan)? in
        let person = reader.externalID("profile")
        let plan = MessagePlan(&reader, rules: rules, reachable: Set(accounts.values.map(\.channel)))
        return person.flatMap { person in plan.map { (person, $0) } }
    }
    var definition = body.value.object ?? JSONObject()
    definition["profile"] = nil
    let text = JSONValue.object(definition).text
    let answer = try await call.once(body) { transaction in
        guard let profile = try transaction.profileID(person) else {
            throw InvalidInput("/profile", "unknown_profile", "is not a known profile: write it with PUT /v1/profiles/{external_id} first")
        }
        let id = try transaction.createMessage(
            to: profile, purpose: plan.purpose, definition: text, accounts: plan.channels.flatMap { accounts.ids(of: $0) },
            strategy: plan.strategy == .firstReachable ? .firstReachable : .all, ttl: plan.ttl)
        guard let message = try transaction.message(id) else { throw StorageError.unusable("a message is not there") }
        return Answer(202, message.json(nil, []), headers: [("location", "/v1/messages/\(id)")], profile: profile)
    }
    services.engine.deliverMessages()
    return answer
}

extension [Int64: Account] {
    fileprivate func ids(of channel: Channel) -> [Int64] { filter { $0.value.channel == channel }.map(\.key).sorted() }
}

extension StoredMessage {
    /// - Parameter rows: nil before they are made.
    fileprivate func json(_ rows: [DeliveryRecord]?, _ deliveries: [JSONValue]) -> JSONValue {
        let isUnderWay = rows?.contains { $0.attempt > 0 || $0.state != .pending } ?? false
        let state = rows?.allSatisfy(\.state.isTerminal) ?? false ? "finished" : isUnderWay ? "sending" : "queued"
        return [
            "id": .string(id.description), "profile": .string(profile), "purpose": .string(purpose.rawValue), "state": .string(state),
            "created_at": JSONValue(createdAt), "expires_at": JSONValue(expiresAt), "deliveries": .array(deliveries),
        ]
    }

    /// For the person themselves: what was written.
    var fullJSON: JSONValue {
        [
            "id": .string(id.description), "created_at": JSONValue(createdAt), "expires_at": JSONValue(expiresAt),
            "message": (try? JSONValue(parsing: Array(definition.utf8))) ?? .null,
        ]
    }
}
