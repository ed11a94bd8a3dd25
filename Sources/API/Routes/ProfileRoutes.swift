import Core
import HTTPServer
import Storage

extension RouteGroup {
    /// People: `/v1/profiles/{external_id}`.
    static let profiles = RouteGroup("profiles", [
        Endpoint(.PUT, "/v1/profiles/{external_id}", .server(.profilesWrite),
                 "Creates a profile, or replaces all it says: what is not named is cleared.",
                 body: .init("ProfileWrite"), results: [(200, .schema("Profile")), (201, .schema("Profile"))]) { call in
            let externalID = try call.externalID()
            let body = try await call.body()
            let change = try body.read { ProfileInput.read(&$0, into: .replacement) }
            let written = try await call.write(body) { try $0.write(profile: externalID, change) }
            return Answer(written.isNew ? 201 : 200, written.value.json)
        },
        Endpoint(.PATCH, "/v1/profiles/{external_id}", .server(.profilesWrite),
                 "Changes what is named: null clears a field or removes an attribute, tags are replaced as a whole (RFC 7396).",
                 body: .init("ProfileWrite"), results: [(200, .schema("Profile"))]) { call in
            let externalID = try call.externalID()
            let body = try await call.body()
            let change = try body.read { ProfileInput.read(&$0, into: ProfileChange()) }
            return Answer(200, try await call.write(body) { try $0.change(profile: externalID, change).json })
        },
        Endpoint(.GET, "/v1/profiles/{external_id}", .server(.profilesRead), "Reads a profile.",
                 results: [(200, .schema("Profile"))]) { call in
            let externalID = try call.externalID()
            guard let profile = try await call.store.read({ try $0.profile(externalID) }) else { throw StorageError.notFound }
            return Answer(200, profile.json)
        },
        Endpoint(.DELETE, "/v1/profiles/{external_id}", .server(.profilesWrite),
                 "Erases a person: profile, subscriptions, events, messages, what webhooks were told of them, and recorded answers. Of the consent history stays an anonymous proof.",
                 results: [(204, .empty)]) { call in
            let externalID = try call.externalID()
            try await call.store.write { transaction in
                guard try transaction.erase(profile: externalID) else { throw StorageError.notFound }
                try call.auditor.note(.profileErase, Auditor.person(externalID, in: transaction.store), in: transaction)
            }
            await call.context.fence.pass()
            return Answer()
        },
        Endpoint(.GET, "/v1/profiles/{external_id}/export", .server(.profilesRead),
                 "Everything known about a person, addresses in full, as one JSON document.",
                 results: [(200, .schema("ProfileExport"))]) { call in try await ProfileExport.answer(call) },
        Endpoint(.GET, "/v1/profiles/{external_id}/consents", .server(.profilesRead),
                 "The consent history with its proofs, newest first.", query: Page.parameters,
                 results: [(200, .schema("ConsentList"))]) { call in
            let externalID = try call.externalID()
            let page = try call.query().page()
            let rows = try await call.store.read { transaction in
                guard let id = try transaction.profileID(externalID) else { throw StorageError.notFound }
                return try transaction.consents(of: id, before: page.position, limit: page.limit + 1)
            }
            return page.answer(rows.map { ($0.id, $0.json) })
        },
    ], schemas: [
        "ExternalID": #"{"type":"string","minLength":1,"maxLength":256,"pattern":"^[^\\u0000-\\u001f\\u007f]+$","description":"The brand's own id of a person."}"#,
        "Location": #"""
            {"type":"object","additionalProperties":false,"required":["lat","lon"],
             "properties":{"lat":{"type":"number","minimum":-90,"maximum":90},"lon":{"type":"number","minimum":-180,"maximum":180}}}
            """#,
        "ProfileWrite": #"""
            {"type":"object","additionalProperties":false,"properties":{
             "attributes":{"type":["object","null"],"propertyNames":{"minLength":1,"maxLength":128,"pattern":"^[^\\u0000-\\u001f]+$"},"description":"At most 32768 bytes as compact JSON; a null member is removed."},
             "language":{"type":["string","null"],"maxLength":35,"pattern":"\#(ConditionSchema.languagePattern)","description":"BCP 47."},
             "timezone":{"type":["string","null"],"maxLength":64,"description":"IANA name.","examples":["Europe/Paris"]},
             "country":{"type":["string","null"],"pattern":"^[A-Z]{2}$"},
             "tags":{"type":["array","null"],"maxItems":200,"items":{"type":"string","minLength":1,"maxLength":128}},
             "location":{"oneOf":[{"$ref":"#/components/schemas/Location"},{"type":"null"}]}}}
            """#,
        "Profile": #"""
            {"type":"object","additionalProperties":false,
             "required":["external_id","attributes","language","timezone","country","tags","location","last_seen_at","created_at","updated_at"],
             "properties":{
             "external_id":{"$ref":"#/components/schemas/ExternalID"},
             "attributes":{"type":"object"},
             "language":{"type":["string","null"]},"timezone":{"type":["string","null"]},"country":{"type":["string","null"]},
             "tags":{"type":"array","items":{"type":"string"}},
             "location":{"oneOf":[{"$ref":"#/components/schemas/Location"},{"type":"null"}]},
             "last_seen_at":{"type":["string","null"],"format":"date-time"},
             "created_at":{"type":"string","format":"date-time"},"updated_at":{"type":"string","format":"date-time"}}}
            """#,
        "ProfileExport": #"""
            {"type":"object","additionalProperties":false,"required":["profile","subscriptions","consents","events","messages","webhook_deliveries"],"properties":{
             "profile":{"$ref":"#/components/schemas/Profile"},
             "subscriptions":{"type":"array","items":{"type":"object"}},
             "consents":{"type":"array","items":{"$ref":"#/components/schemas/Consent"}},
             "events":{"type":"array","items":{"$ref":"#/components/schemas/StoredEvent"}},
             "messages":{"type":"array","items":{"type":"object"},"description":"What was sent to the person alone, as it was posted."},
             "webhook_deliveries":{"type":"array","items":{"$ref":"#/components/schemas/ToldEvent"},"description":"What your systems were told of the person, or are to be: the last 30 days."}}}
            """#,
        "ToldEvent": #"""
            {"type":"object","additionalProperties":false,"required":["id","webhook","event","state","created_at","payload"],"properties":{
             "id":{"type":"string"},"webhook":{"type":"string"},"event":{"type":"string"},"state":\#(deliveryStates),
             "created_at":{"type":"string","format":"date-time"},"payload":{"type":["object","null"],"description":"The body of the request."}}}
            """#,
        "StoredEvent": #"""
            {"type":"object","additionalProperties":false,"required":["id","name","at","properties"],"properties":{
             "id":{"type":"string"},"name":{"type":"string"},"at":{"type":"string","format":"date-time"},"properties":{"type":"object"}}}
            """#,
        "Consent": #"""
            {"type":"object","additionalProperties":false,
             "required":["subscription","channel","account","state","source","text","topics","evidence","at","recorded_at"],"properties":{
             "subscription":{"type":["string","null"],"description":"Null once the subscription is deleted."},
             "channel":{"type":"string"},"account":{"type":"string"},
             "state":{"enum":["granted","withdrawn"]},
             "source":{"type":"string"},"text":{"type":["string","null"]},
             "topics":{"type":["array","null"],"items":{"type":"string"}},
             "evidence":{"type":["object","null"]},
             "at":{"type":"string","format":"date-time","description":"When the person decided."},
             "recorded_at":{"type":"string","format":"date-time","description":"When we heard of it."}}}
            """#,
        "ConsentList": #"""
            {"type":"object","additionalProperties":false,"required":["data","next_cursor"],"properties":{
             "data":{"type":"array","items":{"$ref":"#/components/schemas/Consent"}},"next_cursor":{"type":["string","null"]}}}
            """#,
    ])
}

/// Writes all that is known about a person, page by page, so that a long history does not have to fit in memory.
private enum ProfileExport {
    private static let pageSize = 500

    static func answer(_ call: APICall) async throws -> Answer {
        let externalID = try call.externalID()
        let (profile, subscriptions) = try await call.store.read { transaction in
            guard let profile = try transaction.profile(externalID) else { throw StorageError.notFound }
            return (profile, try transaction.subscriptions(of: profile.id))
        }
        let head: JSONObject = ["profile": profile.json, "subscriptions": .array(subscriptions.map(\.fullJSON))]
        let store = call.store
        return Answer(200, .stream(type: "application/json") { writer in
            do {
                try await writer.write(Array(JSONValue.object(head).bytes.dropLast()))
                try await write("consents", to: writer, from: .max) { position in
                    try await store.read { try $0.consents(of: profile.id, before: position, limit: pageSize) }.map { ($0.id, $0.json) }
                }
                try await write("events", to: writer, from: 0) { position in
                    try await store.read { try $0.events(of: profile.id, after: position, limit: pageSize) }.map { ($0.row, $0.json) }
                }
                try await write("messages", to: writer, from: 0) { position in
                    try await store.read { try $0.messages(to: profile.id, after: position, limit: pageSize) }
                        .map { ($0.id.rawValue, $0.fullJSON) }
                }
                try await write("webhook_deliveries", to: writer, from: 0) { position in
                    try await store.read { try $0.deliveries(about: profile.id, after: position, limit: pageSize) }
                        .map { ($0.id.rawValue, $0.fullJSON) }
                }
                try await writer.write(Array("}".utf8))
            } catch {
                // The status has left: a cut connection is the only way to say that this is not the whole.
                await writer.abort()
            }
        }, headers: [("content-disposition", "attachment; filename=\"profile.json\"")])
    }

    /// `,"name":[…]`, asking for the rows beyond a position until a page is not full.
    private static func write(_ name: String, to writer: ResponseWriter, from start: Int64,
                              page: (Int64) async throws -> [(Int64, JSONValue)]) async throws {
        try await writer.write(Array(",\"\(name)\":[".utf8))
        var position = start
        var isFirst = true
        while true {
            let rows = try await page(position)
            var bytes: [UInt8] = []
            for (row, json) in rows {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                json.write(into: &bytes)
                position = row
            }
            try await writer.write(bytes)
            if rows.count < pageSize { break }
        }
        try await writer.write(Array("]".utf8))
    }
}

extension JSONValue {
    init(_ time: Timestamp?) { self.init(time?.description) }
}

extension Profile {
    var json: JSONValue {
        [
            "external_id": .string(externalID), "attributes": .object(attributes), "language": JSONValue(language),
            "timezone": JSONValue(timezone), "country": JSONValue(country), "tags": .array(tags.map(JSONValue.string)),
            "location": location.map { ["lat": .double($0.latitude), "lon": .double($0.longitude)] } ?? .null,
            "last_seen_at": JSONValue(lastSeenAt), "created_at": JSONValue(createdAt), "updated_at": JSONValue(updatedAt),
        ]
    }
}

extension Consent {
    var json: JSONValue {
        [
            "subscription": JSONValue(subscription?.description), "channel": .string(channel.rawValue), "account": .string(account),
            "state": .string(state.rawValue), "source": .string(proof.source), "text": JSONValue(proof.text),
            "topics": proof.topics.map { .array($0.map(JSONValue.string)) } ?? .null,
            "evidence": proof.evidence.map(JSONValue.object) ?? .null, "at": JSONValue(at), "recorded_at": JSONValue(recordedAt),
        ]
    }
}

extension WebhookDelivery {
    /// For the person it is about: what was told.
    fileprivate var fullJSON: JSONValue {
        [
            "id": .string(id.description), "webhook": .string(webhook.description), "event": .string(type), "state": .string(state.rawValue),
            "created_at": JSONValue(createdAt), "payload": (try? JSONValue(parsing: Array(body.utf8))) ?? .null,
        ]
    }
}

extension Event {
    fileprivate var json: JSONValue {
        ["id": .string(id), "name": .string(name), "at": JSONValue(at), "properties": .object(properties)]
    }
}
