import Core
import HTTPServer
import Storage
import Webhooks

extension RouteGroup {
    /// Who is told of what happens, by Standard Webhooks: `/v1/webhooks`.
    package static func webhooks(_ services: WebhookServices) -> RouteGroup {
        RouteGroup("webhooks", [
            Endpoint(.POST, "/v1/webhooks", .server(.accountsAdmin),
                     "Adds a webhook. The secret that its messages are signed with is in this answer and nowhere else, not even in a replay.",
                     body: .init("WebhookWrite"), results: [(201, .schema("CreatedWebhook"))], idempotency: .optional) { call in
                let body = try await call.body()
                let input = try body.read { reader -> WebhookChange? in
                    for name in ["url", "events"] where !reader.has(name) { let _: Never? = reader.missing(name) }
                    return WebhookInput.read(&reader, allowsPrivate: services.allowsPrivate)
                }
                return try await call.once(body) { transaction in
                    let webhook = try transaction.createWebhook(url: input.url ?? "", description: input.description ?? "", events: input.events ?? [])
                    try call.auditor.note(.webhookCreate, "\(webhook.id)", after: webhook.json, in: transaction)
                    return webhook.answer(201, secretFor: call.store, headers: [("location", "/v1/webhooks/\(webhook.id)")])
                }
            },
            Endpoint(.GET, "/v1/webhooks", .server(.accountsAdmin), "All webhooks, newest first, without their secrets.", query: Page.parameters,
                     results: [(200, .schema("WebhookList"))]) { call in
                let page = try call.query().page()
                let rows = try await call.store.read { try $0.webhooks(before: page.position, limit: page.limit + 1) }
                return page.answer(rows.map { ($0.id.rawValue, $0.json) })
            },
            Endpoint(.GET, "/v1/webhooks/{id}", .server(.accountsAdmin), "Reads a webhook, without its secret.",
                     results: [(200, .schema("Webhook")), (304, .empty)]) { call in
                let webhook = try await call.webhook()
                return call.isKnown(webhook.version) ? Answer(notModified: webhook.version) : webhook.answer(200)
            },
            Endpoint(.PATCH, "/v1/webhooks/{id}", .server(.accountsAdmin),
                     "Changes what is named. Enabling it again sends what has waited.", body: .init("WebhookPatch"),
                     results: [(200, .schema("Webhook"))], takesIfMatch: true) { call in
                let id: WebhookID = try call.identifier()
                let version = try call.ifMatch()
                let body = try await call.body()
                let change = try body.read { reader -> WebhookChange? in
                    var change = WebhookInput.read(&reader, allowsPrivate: services.allowsPrivate)
                    change.isEnabled = reader.bool("enabled")
                    return change
                }
                let answer = try await call.write(body) { transaction in
                    let old = try transaction.webhook(id)
                    let new = try transaction.change(webhook: id, change, ifVersion: version)
                    try call.auditor.note(.webhookUpdate, "\(id)", before: old?.json, after: new.json, in: transaction)
                    return new.answer(200)
                }
                services.wake()
                return answer
            },
            Endpoint(.DELETE, "/v1/webhooks/{id}", .server(.accountsAdmin), "Deletes a webhook, with what was to go there and its history.",
                     results: [(204, .empty)], takesIfMatch: true) { call in
                let found = try await call.webhook()
                let id = found.id
                if let version = try call.ifMatch(), version != found.version { throw StorageError.versionMismatch }
                // From here on it goes, whoever changes it meanwhile.
                while try await call.store.write({ try $0.forgetDeliveries(of: id) }) == 1_000 {}
                try await call.store.write { transaction in
                    let old = try transaction.webhook(id)
                    try transaction.delete(webhook: id)
                    try call.auditor.note(.webhookDelete, "\(id)", before: old?.json, in: transaction)
                }
                return Answer()
            },
            Endpoint(.POST, "/v1/webhooks/{id}/rotate", .server(.accountsAdmin),
                     "Gives a webhook another secret, told in this answer and nowhere else. The one it had signs too for `grace`; what was left of an earlier rotation ends.",
                     body: .init("KeyRotation", isRequired: false), results: [(200, .schema("CreatedWebhook"))], idempotency: .optional) { call in
                let id: WebhookID = try call.identifier()
                let body = try await call.optionalBody()
                let grace = try body.read { KeyRotation.grace(&$0) }
                return try await call.once(body) { transaction in
                    let old = try transaction.webhook(id)
                    let new = try transaction.rotate(webhook: id, until: transaction.now + grace)
                    try call.auditor.note(.webhookRotate, "\(id)", before: old?.json, after: new.json, in: transaction)
                    return new.answer(200, secretFor: call.store)
                }
            },
            Endpoint(.POST, "/v1/webhooks/{id}/test", .server(.accountsAdmin),
                     "Sends `webhook.test`, once: what came of it is in the deliveries. 409 for a webhook that is disabled.",
                     body: .init("NoFields", isRequired: false), results: [(202, .schema("WebhookDelivery"))], idempotency: .optional) { call in
                let id: WebhookID = try call.identifier()
                let body = try await call.optionalBody()
                _ = try body.read { _ in true }
                let answer = try await call.once(body) { transaction in
                    let delivery = try transaction.test(webhook: id)
                    try call.auditor.note(.webhookTest, "\(id)", in: transaction)
                    return Answer(202, delivery.json)
                }
                services.wake()
                return answer
            },
            Endpoint(.GET, "/v1/webhooks/{id}/deliveries", .server(.accountsAdmin), "What was, or is to be, sent there in the last 30 days, newest first.",
                     query: [.init("state", "Only deliveries in that state.", schema: deliveryStates)] + Page.parameters,
                     results: [(200, .schema("WebhookDeliveryList"))]) { call in
                let query = try call.query()
                let page = try query.page()
                let state = try query.choice("state", of: WebhookDelivery.State.self)
                let id = try await call.webhook().id
                let rows = try await call.store.read { try $0.deliveries(of: id, in: state, before: page.position, limit: page.limit + 1) }
                return page.answer(rows.map { ($0.id.rawValue, $0.json) })
            },
            Endpoint(.POST, "/v1/webhooks/{id}/deliveries/{delivery}/replay", .server(.accountsAdmin),
                     "Sends a delivery again at once, under the same `webhook-id` and with all its attempts before it. 409 for a webhook that is disabled.",
                     body: .init("NoFields", isRequired: false), results: [(202, .schema("WebhookDelivery"))], idempotency: .optional) { call in
                let id: WebhookID = try call.identifier()
                let delivery: WebhookDeliveryID = try call.identifier("delivery")
                let body = try await call.optionalBody()
                _ = try body.read { _ in true }
                let answer = try await call.once(body) { transaction in
                    let replayed = try transaction.replay(delivery, of: id)
                    try call.auditor.note(.webhookReplay, "\(delivery)", in: transaction)
                    return Answer(202, replayed.json)
                }
                services.wake()
                return answer
            },
        ], schemas: webhookSchemas)
    }
}

extension APICall {
    /// The webhook of the path.
    fileprivate func webhook() async throws -> Webhook {
        let id: WebhookID = try identifier()
        guard let webhook = try await store.read({ try $0.webhook(id) }) else { throw StorageError.notFound }
        return webhook
    }
}

extension Webhook {
    fileprivate var object: JSONObject {
        [
            "id": .string(id.description), "url": .string(url), "description": .string(description),
            "events": .array(events.map { .string($0.rawValue) }), "enabled": .bool(isEnabled), "disabled_reason": JSONValue(disabledReason?.rawValue),
            "previous_secret_until": JSONValue(previous?.until), "succeeded_at": JSONValue(succeededAt), "version": .int(version),
            "created_at": JSONValue(createdAt), "updated_at": JSONValue(updatedAt),
        ]
    }

    fileprivate var json: JSONValue { .object(object) }

    fileprivate func answer(_ status: Int) -> Answer { Answer(status, json, headers: [("etag", "\"\(version)\"")]) }

    /// With the secret; what is recorded for a replay is without.
    fileprivate func answer(_ status: Int, secretFor store: Store, headers: [(String, String)] = []) -> Answer {
        var answer = answer(status)
        answer.headers += headers
        answer.recorded = json
        var object = object
        object["secret"] = .string(WebhookSecret(of: id, salt: salt, installation: store.callbackSecret).text)
        answer.content = .json(.object(object))
        return answer
    }
}

extension WebhookDelivery {
    fileprivate var json: JSONValue {
        [
            "id": .string(id.description), "webhook": .string(webhook.description), "message": .string(message), "event": .string(type),
            "state": .string(state.rawValue), "attempts": JSONValue(attempts), "response_status": responseStatus.map { JSONValue($0) } ?? .null,
            "error": JSONValue(error), "next_at": JSONValue(nextAt), "created_at": JSONValue(createdAt), "updated_at": JSONValue(updatedAt),
        ]
    }
}
