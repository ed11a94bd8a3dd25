import Core
import HTTPServer
import OpenSSL
import Storage

extension RouteGroup {
    /// Addresses and their opt-in: `/v1/subscriptions`.
    static let subscriptions = RouteGroup("subscriptions", [
        Endpoint(.POST, "/v1/subscriptions", .serverOrApp(.subscriptionsWrite),
                 "Registers an address. The same address on the same account is the same subscription; its owner is the profile named last, made when unknown.",
                 body: .init("SubscriptionWrite"), results: [(200, .schema("Subscription")), (201, .schema("Subscription"))],
                 idempotency: .optional) { call in
            let body = try await call.body()
            let (registration, proof) = try body.read { RegistrationInput.read(&$0, call.context) }
            try IdentityProof.check(proof, for: registration.profile, by: call.key)
            let plan = try PlannedRegistration(registration, for: call.store)
            let answer = try await call.once(body, { try $0.register(plan) }, answer: { written in
                Answer(written.isNew ? 201 : 200, written.value.json,
                       headers: written.isNew ? [("location", "/v1/subscriptions/\(written.value.id)")] : [], profile: written.value.profile)
            })
            if registration.optIn == false { await call.context.fence.pass() }
            return answer
        },
        Endpoint(.GET, "/v1/subscriptions/{id}", .server([.subscriptionsWrite, .profilesRead]), "Reads a subscription.",
                 results: [(200, .schema("Subscription"))]) { call in
            let id: SubscriptionID = try call.identifier()
            guard let subscription = try await call.store.read({ try $0.subscription(id) }) else { throw StorageError.notFound }
            return Answer(200, subscription.json)
        },
        Endpoint(.DELETE, "/v1/subscriptions/{id}", .server(.subscriptionsWrite),
                 "Deletes an address; an opt-in ends with a withdrawal in the history, which stays.", results: [(204, .empty)]) { call in
            let id: SubscriptionID = try call.identifier()
            try await call.store.write { transaction in
                try transaction.delete(subscription: id, proof: ConsentProof(source: "api_delete"))
                try call.auditor.note(.subscriptionDelete, "\(id)", in: transaction)
            }
            await call.context.fence.pass()
            return Answer()
        },
        Endpoint(.POST, "/v1/subscriptions/{id}/opt-out", .serverOrApp(.subscriptionsWrite),
                 "Withdraws the opt-in. An app key must give the `address` too, so that ids cannot be guessed, and its `identity_proof` where it needs one; what does not fit the subscription is a 404.",
                 body: .init("Decision", isRequired: false), results: [(200, .schema("Subscription"))], idempotency: .optional) { call in
            try await decide(false, call)
        },
        Endpoint(.POST, "/v1/subscriptions/{id}/opt-in", .server(.subscriptionsWrite),
                 "Grants the opt-in. A decision dated before the person's last withdrawal is kept in the history and changes nothing else.",
                 body: .init("Decision", isRequired: false), results: [(200, .schema("Subscription"))], idempotency: .optional) { call in
            try await decide(true, call)
        },
    ], schemas: SubscriptionSchema.schemas.merging([
        "Channel": #"{"enum":[\#(Channel.delivered.map { "\"\($0.rawValue)\"" }.joined(separator: ","))]}"#,
        "ConsentProof": #"""
            {"type":["object","null"],"additionalProperties":false,"required":["source"],"properties":{
             "source":{"type":"string","minLength":1,"maxLength":128},"text":{"type":"string","maxLength":4096},
             "at":{"type":"string","format":"date-time","description":"When the person decided; now when absent, at most a day ahead."},
             "topics":{"type":"array","maxItems":100,"items":{"type":"string","minLength":1,"maxLength":128}},
             "evidence":{"type":"object"}}}
            """#,
        "Decision": #"""
            {"type":"object","additionalProperties":false,"properties":{
             "source":{"type":"string","minLength":1,"maxLength":128,"default":"api"},"text":{"type":"string","maxLength":4096},
             "at":{"type":"string","format":"date-time","description":"When the person decided; now when absent, at most a day ahead."},
             "topics":{"type":"array","maxItems":100,"items":{"type":"string","minLength":1,"maxLength":128}},
             "evidence":{"type":"object"},
             "address":{"type":"string","maxLength":4096,"description":"App keys: the subscription's address, for web push its endpoint."},
             "identity_proof":{"type":"string","maxLength":128,"description":"App keys: hexadecimal HMAC-SHA256 of the owner's external id with the key's identity secret."}}}
            """#,
        "Subscription": #"""
            {"type":"object","additionalProperties":false,
             "required":["id","profile","channel","account","address","opt_in","status","invalid_reason","invalid_at","topics","language","app_version","os","window_expires_at","registered_at","updated_at"],
             "properties":{
             "id":{"type":"string"},"profile":{"$ref":"#/components/schemas/ExternalID"},"channel":{"$ref":"#/components/schemas/Channel"},
             "account":{"type":"string"},"address":{"type":"string","description":"The last four characters."},
             "opt_in":{"type":"boolean"},"status":{"enum":["active","invalid"]},
             "invalid_reason":{"type":["string","null"]},"invalid_at":{"type":["string","null"],"format":"date-time"},
             "topics":{"type":"array","items":{"type":"string"}},
             "language":{"type":["string","null"]},"app_version":{"type":["string","null"]},"os":{"type":["string","null"]},
             "window_expires_at":{"type":["string","null"],"format":"date-time"},
             "registered_at":{"type":"string","format":"date-time"},"updated_at":{"type":"string","format":"date-time"}}}
            """#,
    ]) { $1 })
}

private func decide(_ optIn: Bool, _ call: APICall) async throws -> Answer {
    let id: SubscriptionID = try call.identifier()
    let body = try await call.optionalBody()
    let (proof, address, identityProof) = try body.read { reader in
        let source = reader.has("source") ? reader.requiredString("source", maxBytes: 128) : "api"
        let address = reader.string("address", maxBytes: 4_096)
        let identityProof = reader.string("identity_proof", maxBytes: 128)
        return ConsentInput.fields(&reader, source: source, now: call.store.now).map { ($0, address, identityProof) }
    }
    if call.key?.kind == .app, address == nil {
        throw InvalidInput("/address", "missing", "is required from an app key: the address that was registered")
    }
    try IdentityProof.demand(identityProof, by: call.key)
    let answer = try await call.once(body) { transaction in
        if let address {
            // Which of the two is wrong is not told, or addresses could be tried.
            guard let subscription = try transaction.subscription(id),
                constantTimeEqual(Array(subscription.identity.utf8), Array(address.utf8)),
                IdentityProof.fits(identityProof, subscription.profileExternalID, call.key)
            else { throw StorageError.notFound }
        }
        let subscription = try transaction.decide(optIn, subscription: id, proof: proof)
        // What a person decides in an app is in the consent history; here is what the brand's own staff and systems do.
        if call.key?.kind == .server { try call.auditor.note(optIn ? .subscriptionOptIn : .subscriptionOptOut, "\(id)", in: transaction) }
        return Answer(200, subscription.json, profile: subscription.profile)
    }
    if !optIn { await call.context.fence.pass() }
    return answer
}

extension Subscription {
    /// As the API shows it: of the address only the end.
    var json: JSONValue { json(address: address?.redacted ?? "…", keys: nil) }

    /// As the person it belongs to may see it.
    var fullJSON: JSONValue { json(address: identity, keys: keys.flatMap { try? JSONValue(parsing: Array($0.utf8)) }) }

    private func json(address: String, keys: JSONValue?) -> JSONValue {
        let invalid: (word: String, reason: String?, at: Timestamp?) = switch status {
        case .active: ("active", nil, nil)
        case .invalid(let reason, let at): ("invalid", reason, at)
        }
        var writer = JSONObjectWriter(capacity: 512)
        writer.add("id", id.description)
        writer.add("profile", profileExternalID)
        writer.add("channel", channel.rawValue)
        writer.add("account", account)
        writer.add("address", address)
        writer.add("opt_in", optIn)
        writer.add("status", invalid.word)
        writer.add("invalid_reason", invalid.reason)
        writer.add("invalid_at", invalid.at)
        writer.add("topics", topics)
        writer.add("language", language)
        writer.add("app_version", appVersion)
        writer.add("os", os)
        writer.add("window_expires_at", windowExpiresAt)
        writer.add("registered_at", registeredAt)
        writer.add("updated_at", updatedAt)
        if let keys { writer.add("keys", keys) }
        return .object(JSONObject(written: writer.finish()))
    }
}
