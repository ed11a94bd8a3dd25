import Core
import HTTPServer
import OpenSSL
import Storage

extension Endpoint {
    /// An operator settles what is uncertain: `/v1/campaigns/{id}/resolve`.
    static func resolve(_ services: CampaignServices) -> Endpoint {
        Endpoint(.POST, "/v1/campaigns/{id}/resolve", .server(.campaignsLaunch),
                 "Settles the deliveries of the launch that are `unknown`: all of them, those of a channel or an account, or one. `resend` is possible while the campaign runs or is paused, and worth sending still.",
                 body: .init("Resolve"), results: [(200, .schema("Resolved"))], idempotency: .required) { call in
            let id: CampaignID = try call.identifier()
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
                    Resolution(campaign: id, outcome: $0, channel: channel, account: account, delivery: delivery, token: repetition.token,
                               requestHash: repetition.hash)
                }
            }
            guard try await call.store.read({ try $0.campaign(id) }) != nil else { throw StorageError.notFound }
            let count = try await settle(resolution, services.ledger)
            services.engine.wake()
            return try await call.once(body) { transaction in
                let settled: JSONValue = ["campaign": .string(id.description), "outcome": .string(resolution.outcome.rawValue), "resolved": JSONValue(count)]
                try call.auditor.note(.campaignResolve, "\(id)", after: settled, in: transaction)
                return Answer(200, settled)
            }
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
    ]
}

private func settle(_ resolution: Resolution, _ ledger: Ledger) async throws -> Int {
    switch try await ledger.resolve(resolution) {
    case .resolved(let count): return count
    case .tokenReused: throw Problem.keyReused
    case .notLaunched: throw Problem(.conflict, "There is nothing to resolve: the campaign \(resolution.campaign) has not been launched.")
    case .notOfCampaign: throw InvalidInput("/delivery", "unknown_delivery", "is no delivery of the launch of \(resolution.campaign)")
    case .isOver:
        throw Problem(.conflict, "resend is not possible: the campaign \(resolution.campaign) is over. Settle them as accepted or rejected, or launch another "
            + "campaign to {\"campaign\":\"\(resolution.campaign)\",\"state\":\"unknown\"} before.")
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
