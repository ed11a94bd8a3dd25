import Core
import HTTPServer
import OpenSSL
import Storage

extension Endpoint {
    /// An operator settles what is uncertain of a launch: `/v1/campaigns/{id}/resolve`.
    static func resolve(_ services: CampaignServices) -> Endpoint {
        Endpoint(.POST, "/v1/campaigns/{id}/resolve", .server(.campaignsLaunch),
                 "Settles the deliveries of the launch that are `unknown`: all of them, those of a channel or an account, or one. `resend` is possible while the campaign runs or is paused, and worth sending still.",
                 body: .init("Resolve"), results: [(200, .schema("Resolved"))], idempotency: .required) { call in
            let id: CampaignID = try call.identifier()
            guard try await call.store.read({ try $0.campaign(id) }) != nil else { throw StorageError.notFound }
            return try await settled(.campaign(id), call, services)
        }
    }

    /// The same of a message: `/v1/messages/{id}/resolve`.
    static func resolveMessage(_ services: CampaignServices) -> Endpoint {
        Endpoint(.POST, "/v1/messages/{id}/resolve", .server(.messagesSend),
                 "Settles the deliveries of the message that are `unknown`: all of them, those of a channel or an account, or one. `resend` is possible until the message expires.",
                 body: .init("Resolve"), results: [(200, .schema("ResolvedMessage"))], idempotency: .required) { call in
            let id: MessageID = try call.identifier()
            guard try await call.store.read({ try $0.message(id) }) != nil else { throw StorageError.notFound }
            return try await settled(.message(id), call, services)
        }
    }

    static let resolveSchemas = [
        "Resolve": ##"""
            {"type":"object","additionalProperties":false,"required":["outcome"],"properties":{
             "outcome":{"enum":["accepted","rejected","resend"],"description":"The provider had them; it did not want them; it never had them, and they go again."},
             "channel":{"$ref":"#/components/schemas/Channel"},
             "account":{"type":"string","maxLength":128,"description":"The name of a configured account."},
             "delivery":{"type":"string","pattern":"^dlv_[1-9][0-9]{0,17}$"}},
             "examples":[{"outcome":"accepted","channel":"sms"}]}
            """##,
        "Resolved": #"""
            {"type":"object","additionalProperties":false,"required":["campaign","outcome","resolved"],"properties":{
             "campaign":{"type":"string"},"outcome":{"enum":["accepted","rejected","resend"]},
             "resolved":{"type":"integer","description":"How many deliveries were `unknown` and are not any more."}}}
            """#,
        "ResolvedMessage": #"""
            {"type":"object","additionalProperties":false,"required":["message","outcome","resolved"],"properties":{
             "message":{"type":"string"},"outcome":{"enum":["accepted","rejected","resend"]},
             "resolved":{"type":"integer","description":"How many deliveries were `unknown` and are not any more."}}}
            """#,
    ]
}

private func settled(_ subject: Resolution.Subject, _ call: APICall, _ services: CampaignServices) async throws -> Answer {
    let (noun, action): (String, AuditAction) = switch subject {
    case .campaign: ("campaign", .campaignResolve)
    case .message: ("message", .messageResolve)
    }
    let body = try await call.body()
    let repetition = try call.repetition(of: body)
    let resolution = try body.read { reader -> Resolution? in
        let outcome: Resolution.Outcome? = reader.has("outcome") ? reader.choice("outcome") : reader.missing("outcome")
        let channel: Channel? = reader.choice("channel", among: call.context.channels)
        let account = reader.string("account", maxBytes: 128).flatMap { name -> Int64? in
            if let id = call.store.accountIDs[name] { return id }
            reader.fail("account", "unknown_account", "is not a configured account")
            return nil
        }
        let delivery = reader.string("delivery").flatMap { text -> DeliveryID? in
            if let id = DeliveryID(text) { return id }
            reader.fail("delivery", "invalid_value", "must be a delivery's id such as dlv_1")
            return nil
        }
        return outcome.map {
            Resolution(of: subject, outcome: $0, channel: channel, account: account, delivery: delivery, token: repetition.token,
                       requestHash: repetition.hash)
        }
    }
    let count = try await settle(resolution, services.ledger)
    services.engine.wake()
    return try await call.once(body) { transaction in
        let effect: JSONValue = [noun: .string(subject.description), "outcome": .string(resolution.outcome.rawValue), "resolved": JSONValue(count)]
        try call.auditor.note(action, subject.description, after: effect, in: transaction)
        return Answer(200, effect)
    }
}

private func settle(_ resolution: Resolution, _ ledger: Ledger) async throws -> Int {
    switch try await ledger.resolve(resolution) {
    case .resolved(let count): return count
    case .tokenReused: throw Problem.keyReused
    case .notBegun: throw Problem(.conflict, "There is nothing to resolve: \(resolution.subject.notBegun).")
    case .notOfRun: throw InvalidInput("/delivery", "unknown_delivery", "is no delivery of \(resolution.subject.run)")
    case .isOver: throw Problem(.conflict, "resend is not possible: \(resolution.subject.isOver)")
    }
}

extension Resolution.Subject {
    fileprivate var notBegun: String {
        switch self {
        case .campaign: "the campaign \(self) has not been launched"
        case .message: "the message \(self) has no deliveries yet"
        }
    }

    fileprivate var run: String {
        switch self {
        case .campaign: "the launch of \(self)"
        case .message: "the message \(self)"
        }
    }

    fileprivate var isOver: String {
        switch self {
        case .campaign:
            "the campaign \(self) is over. Settle them as accepted or rejected, or launch another campaign to {\"campaign\":\"\(self)\",\"state\":\"unknown\"} before."
        case .message: "the message \(self) has expired. Settle them as accepted or rejected, or post another."
        }
    }
}

extension APICall {
    /// For an effect outside the store, which is made before `once` records its answer: a name that is the same for every repeat of the
    /// request, and the hash of what it asks for.
    ///
    /// - Throws: `Problem` 400 without an `Idempotency-Key`.
    fileprivate func repetition(of body: JSONBody) throws -> (token: String, hash: [UInt8]) {
        let text = try idempotencyKey() ?? ""
        return ("\(key?.id.description ?? "")/\(text)", requestHash(of: body))
    }
}
