import Core
import HTTPServer
import Linux
import Storage

extension RouteGroup {
    /// What became of campaigns: their reports, and the ledger row by row.
    package static func reports(_ services: CampaignServices) -> RouteGroup {
        RouteGroup("reports", [
            Endpoint(.GET, "/v1/campaigns/{id}/report", .server(.reportsRead),
                     "The launch in numbers. The states sum to `audience` at every instant; until the audience is frozen, moments after the start, all are 0.",
                     results: [(200, .schema("Report"))]) { call in
                guard let report = try await services.report(of: call.identifier(), in: call.store) else { throw StorageError.notFound }
                return Answer(200, report)
            },
            Endpoint(.GET, "/v1/campaigns/{id}/progress", .server(.reportsRead),
                     "The report as Server-Sent Events: `progress` whenever it has changed, at most once a second; `end` when the campaign is over, and the stream with it. A stream that breaks off is asked for again.",
                     results: [(200, .type("text/event-stream"))], refusals: [503]) { call in
                let id = try await call.campaign().id
                let seat = try services.progress.seat()
                let store = call.store
                return Answer(200, .stream(type: "text/event-stream") { writer in
                    await services.progress.stream(id, to: writer) { try await services.report(of: id, in: store) }
                    _ = seat
                }, headers: [("x-accel-buffering", "no")])
            },
            Endpoint(.GET, "/v1/campaigns/{id}/deliveries", .server(.reportsRead),
                     "What happened to every recipient, and why, oldest first. Rows appear as sending goes on: whoever has none yet is pending in the report.",
                     query: [
                        .init("state", "Only rows in that state.", schema: schema(of: DeliveryState.self)),
                        .init("reason", "Only rows with that reason.", schema: schema(of: Reason.self)),
                        .init("channel", "Only rows of that channel.", schema: ##"{"$ref":"#/components/schemas/Channel"}"##),
                        .init("profile", "Only rows of that person, by external id; an unknown one has none."),
                        .init("test", "The rows of that test send (`tst_…`) instead of the launch.", schema: #"{"type":"string","pattern":"^tst_[1-9][0-9]{0,17}$"}"#),
                     ] + Page.parameters,
                     results: [(200, .schema("DeliveryList"))]) { call in try await deliveries(call, services.ledger) },
            Endpoint(.GET, "/v1/profiles/{external_id}/deliveries", .server([.reportsRead, .profilesRead]),
                     "Everything that was, or was not, sent to one person, and why, newest first; test sends and messages are in it.", query: Page.parameters,
                     results: [(200, .schema("DeliveryList"))]) { call in
                let externalID = try call.externalID()
                let page = try call.query().page()
                guard let profile = try await call.store.read({ try $0.profileID(externalID) }) else { throw StorageError.notFound }
                let before = page.position.map(DeliveryID.init(rawValue:))
                let rows = try await services.ledger.deliveries(to: profile, before: before, limit: page.limit + 1)
                return page.answer(try await json(of: rows, services.ledger))
            },
        ], schemas: [
            "Counts": #"{"type":"object","additionalProperties":{"type":"integer"},"description":"Numbers by word; words without any are left out."}"#,
            "Breakdown": ##"""
                {"type":"object","additionalProperties":false,"required":["by_state","by_reason"],"properties":{
                 "by_state":{"$ref":"#/components/schemas/Counts"},"by_reason":{"$ref":"#/components/schemas/Counts"}}}
                """##,
            "Report": ##"""
                {"type":"object","additionalProperties":false,
                 "required":["campaign","state","audience","by_state","by_reason","by_channel","by_language","rate","started_at","finished_at","eta"],"properties":{
                 "campaign":{"type":"string"},"state":{"$ref":"#/components/schemas/CampaignState"},
                 "audience":{"type":"integer","description":"Rows that the launch has or will have: one per subscription, and one for each person whom none reaches."},
                 "by_state":{"type":"object","additionalProperties":{"type":"integer"},"required":["pending","accepted","rejected","skipped","unknown"],
                   "description":"`leased` and `sending` are on their way; `delivered`, `opened` and `clicked` were accepted before."},
                 "by_reason":{"$ref":"#/components/schemas/Counts"},
                 "by_channel":{"type":"object","additionalProperties":{"$ref":"#/components/schemas/Breakdown"},"description":"Without the people whom no subscription reaches."},
                 "by_language":{"type":"object","additionalProperties":{"$ref":"#/components/schemas/Breakdown"},"description":"Rows whose language version is chosen."},
                 "rate":{"type":"object","additionalProperties":false,"required":["per_second"],"properties":{
                   "per_second":{"type":"number","description":"Attempts ended per second: lately while it runs, on the whole once it is over."}}},
                 "started_at":{"type":["string","null"],"format":"date-time"},"finished_at":{"type":["string","null"],"format":"date-time"},
                 "eta":{"type":["string","null"],"format":"date-time","description":"When it will be done at the present pace; null unless it runs and moves."}}}
                """##,
            "Delivery": ##"""
                {"type":"object","additionalProperties":false,
                 "required":["id","campaign","test","message","profile","subscription","channel","account","state","reason","detail","language","attempts","provider_id","next_at","sent_at","updated_at"],
                 "properties":{
                 "id":{"type":"string"},"campaign":{"type":["string","null"],"description":"Null for a row of a message."},
                 "test":{"type":["string","null"]},"message":{"type":["string","null"]},
                 "profile":{"type":["string","null"],"description":"Null once the person is erased."},
                 "subscription":{"type":["string","null"],"description":"Null, as channel and account are, when none reaches the person."},
                 "channel":{"oneOf":[{"$ref":"#/components/schemas/Channel"},{"type":"null"}]},
                 "account":{"type":["string","null"],"description":"Null also when it is not configured any more."},
                 "state":\##(schema(of: DeliveryState.self)),"reason":{"oneOf":[\##(schema(of: Reason.self)),{"type":"null"}]},
                 "detail":{"type":["string","null"],"description":"The provider's own code."},"language":{"type":["string","null"]},
                 "attempts":{"type":"integer"},"provider_id":{"type":["string","null"]},
                 "next_at":{"type":["string","null"],"format":"date-time","description":"When it is tried again."},
                 "sent_at":{"type":["string","null"],"format":"date-time","description":"When the last attempt began."},
                 "updated_at":{"type":"string","format":"date-time"}}}
                """##,
            "DeliveryList": ##"""
                {"type":"object","additionalProperties":false,"required":["data","next_cursor"],"properties":{
                 "data":{"type":"array","items":{"$ref":"#/components/schemas/Delivery"}},"next_cursor":{"type":["string","null"]}}}
                """##,
        ])
    }
}

private func schema<Word: RawRepresentable & CaseIterable>(of type: Word.Type) -> String where Word.RawValue == String {
    #"{"enum":[\#(Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ","))]}"#
}

private func deliveries(_ call: APICall, _ ledger: Ledger) async throws -> Answer {
    let id: CampaignID = try call.identifier()
    let query = try call.query()
    let page = try query.page()
    var filter = DeliveryFilter(state: try query.choice("state"), reason: try query.choice("reason"))
    filter.channel = try query.choice("channel", among: Channel.delivered)
    let test = try query["test"].map { text in
        guard let test = CampaignTestID(text) else { throw Problem.parameter("?test", "The query parameter test must be a test's id such as tst_1.") }
        return test
    }
    let profile = query["profile"]
    let person: ProfileID? = try await call.store.read { transaction in
        guard try transaction.campaign(id) != nil else { throw StorageError.notFound }
        if let test, try transaction.test(test.rawValue)?.campaign != id { throw StorageError.notFound }
        return try profile.flatMap { try transaction.profileID($0) }
    }
    if profile != nil, person == nil { return page.answer([]) }
    filter.profile = person
    guard let run = try await ledger.run(of: id, kind: test.map { .test($0.rawValue) } ?? .launch) else { return page.answer([]) }
    let rows = try await ledger.deliveries(of: run.id, matching: filter, after: page.position.map(DeliveryID.init(rawValue:)),
                                           limit: page.limit + 1)
    return page.answer(try await json(of: rows, ledger))
}

func json(of rows: [DeliveryRecord], _ ledger: Ledger) async throws -> [(position: Int64, json: JSONValue)] {
    var runs: [RunID: LedgerRun] = [:]
    for id in Set(rows.map(\.run)) { runs[id] = try await ledger.run(id) }
    return rows.map { ($0.id.rawValue, $0.json(of: runs[$0.run], accounts: ledger.accounts)) }
}

extension DeliveryRecord {
    fileprivate func json(of run: LedgerRun?, accounts: [Int64: Account]) -> JSONValue {
        let test: String? = if case .test(let id)? = run?.kind { CampaignTestID(rawValue: id).description } else { nil }
        let message: String? = if case .message(let id)? = run?.kind { id.description } else { nil }
        return [
            "id": .string(id.description), "campaign": JSONValue(message == nil ? run?.campaign.description : nil), "test": JSONValue(test),
            "message": JSONValue(message), "profile": JSONValue(externalID), "subscription": JSONValue(subscription?.description), "channel": JSONValue(channel?.rawValue),
            "account": JSONValue(account.flatMap { accounts[$0]?.name }), "state": .string(state.rawValue), "reason": JSONValue(reason?.rawValue),
            "detail": JSONValue(detail), "language": JSONValue(language), "attempts": JSONValue(attempt), "provider_id": JSONValue(providerID),
            "next_at": JSONValue(nextAt), "sent_at": JSONValue(sentAt), "updated_at": JSONValue(updatedAt),
        ]
    }
}
