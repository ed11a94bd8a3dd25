package import Core
import HTTPServer
package import Storage

extension RouteGroup {
    /// API keys: `/v1/keys`.
    static let keys = RouteGroup("keys", [
        Endpoint(.POST, "/v1/keys", .server(.keysAdmin),
                 "Creates a key, with any scopes: `keys:admin` is as good as all. Its text, and the identity secret of an app key, are in this answer and nowhere else, not even in a replay.",
                 body: .init("KeyWrite"), results: [(201, .schema("CreatedKey"))], idempotency: .optional) { call in
            let body = try await call.body()
            let input = try KeyInput(body)
            return try await call.once(body) { transaction in
                // Not sooner: a repeat gets the first answer, whatever the time.
                try input.check(now: transaction.now)
                let created = try KeyToken.create(
                    name: input.name, kind: input.kind, scopes: input.scopes, requiresIdentity: input.requiresIdentity,
                    expiresAt: input.expiresAt, rate: input.rate, in: transaction)
                try call.auditor.note(.keyCreate, "\(created.row.id)", after: .object(created.row.object), in: transaction)
                return created.answer(201, headers: [("location", "/v1/keys/\(created.row.id)")])
            }
        },
        Endpoint(.GET, "/v1/keys", .server(.keysAdmin), "All keys, newest first, without their text.", query: Page.parameters,
                 results: [(200, .schema("KeyList"))]) { call in
            let page = try call.query().page()
            let rows = try await call.store.read { try $0.keys(before: page.position, limit: page.limit + 1) }
            return page.answer(rows.map { ($0.id.rawValue, .object($0.object)) })
        },
        Endpoint(.GET, "/v1/keys/{id}", .server(.keysAdmin), "Reads a key, without its text.", results: [(200, .schema("Key"))]) { call in
            let id: KeyID = try call.identifier()
            guard let key = try await call.store.read({ try $0.key(id) }) else { throw StorageError.notFound }
            return Answer(200, .object(key.object))
        },
        Endpoint(.DELETE, "/v1/keys/{id}", .server(.keysAdmin), "Revokes a key at once and for good; its row stays for the record.",
                 results: [(204, .empty)]) { call in
            let id: KeyID = try call.identifier()
            _ = try await call.store.write { try call.auditor.revoke(id, in: $0) }
            call.context.keys.forget(id)
            return Answer()
        },
        Endpoint(.POST, "/v1/keys/{id}/rotate", .server(.keysAdmin),
                 "Gives a key another secret, told in this answer and nowhere else. The one it had works on for `grace`; what was left of an earlier rotation ends. 409 for a key that has ended.",
                 body: .init("KeyRotation", isRequired: false), results: [(200, .schema("CreatedKey"))], idempotency: .optional) { call in
            let id: KeyID = try call.identifier()
            let body = try await call.optionalBody()
            let grace = try body.read { KeyRotation.grace(&$0) }
            let answer = try await call.once(body) { try call.auditor.rotate(id, grace: grace, in: $0).answer(200) }
            call.context.keys.forget(id)
            return answer
        },
    ], schemas: [
        "KeyWrite": #"""
            {"type":"object","additionalProperties":false,"required":["name"],
             "anyOf":[{"required":["scopes"],"properties":{"kind":{"const":"server"},"scopes":{"minItems":1}}},
                      {"required":["kind"],"properties":{"kind":{"const":"app"},"scopes":{"maxItems":0}}}],"properties":{
             "name":{"type":"string","minLength":1,"maxLength":128,"pattern":"^[^\u0000-\u001F\u007F]*$"},
             "kind":{"enum":["server","app"],"default":"server"},
             "scopes":{"type":"array","maxItems":50,"items":{"$ref":"#/components/schemas/Scope"},"description":"Server keys: at least one. App keys: none."},
             "expires_at":{"type":["string","null"],"format":"date-time"},
             "require_identity_proof":{"type":"boolean","default":false,"description":"App keys: every request needs an `identity_proof`, an opt-out that of the subscription's owner."},
             "rate":{"oneOf":[{"$ref":"#/components/schemas/KeyRate"},{"type":"null"}],"description":"Absent or null: the server's `limits` hold."}}}
            """#,
        "KeyRate": #"""
            {"type":"object","additionalProperties":false,"required":["per_second"],"properties":{
             "per_second":{"type":"integer","minimum":1,"maximum":1000000},
             "burst":{"type":"integer","minimum":1,"maximum":1000000,"description":"At once; two seconds' worth when absent."}}}
            """#,
        "KeyRotation": #"""
            {"type":"object","additionalProperties":false,"properties":{
             "grace":{"type":"string","minLength":3,"maxLength":64,"pattern":"^P([0-9]{1,4}W)?([0-9]{1,5}D)?(T([0-9]{1,6}H)?([0-9]{1,8}M)?([0-9]{1,10}S)?)?$","default":"PT24H","description":"ISO 8601, at most P30D; PT0S ends the former secret at once."}}}
            """#,
        "Scope": #"{"enum":[\#(Scope.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ","))]}"#,
        "Key": keySchema(),
        "CreatedKey": keySchema(#","key":{"type":"string"},"identity_secret":{"type":"string","description":"App keys: 32 bytes in hexadecimal."}"#),
        "KeyList": #"""
            {"type":"object","additionalProperties":false,"required":["data","next_cursor"],"properties":{
             "data":{"type":"array","items":{"$ref":"#/components/schemas/Key"}},"next_cursor":{"type":["string","null"]}}}
            """#,
    ])
}

private func keySchema(_ more: String = "") -> String {
    #"""
    {"type":"object","additionalProperties":false,
     "required":["id","name","kind","scopes","require_identity_proof","created_at","expires_at","revoked_at","last_used_at","rate","previous_secret_until"],"properties":{
     "id":{"type":"string"},"name":{"type":"string"},"kind":{"enum":["server","app"]},
     "scopes":{"type":"array","items":{"$ref":"#/components/schemas/Scope"}},"require_identity_proof":{"type":"boolean"},
     "created_at":{"type":"string","format":"date-time"},"expires_at":{"type":["string","null"],"format":"date-time"},
     "revoked_at":{"type":["string","null"],"format":"date-time"},
     "last_used_at":{"type":["string","null"],"format":"date-time","description":"To the minute."},
     "rate":{"oneOf":[{"$ref":"#/components/schemas/KeyRate"},{"type":"null"}]},
     "previous_secret_until":{"type":["string","null"],"format":"date-time","description":"Until when the secret before the last rotation works."}\#(more)}}
    """#
}

extension Auditor {
    /// Rotates a key, and says so.
    ///
    /// - Throws: as `KeyToken.rotate`.
    package func rotate(_ id: KeyID, grace: Duration, in transaction: StoreTransaction) throws -> CreatedKey {
        let before = try transaction.key(id)
        let rotated = try KeyToken.rotate(id, grace: grace, in: transaction)
        try note(.keyRotate, "\(id)", before: before.map { .object($0.object) }, after: .object(rotated.row.object), in: transaction)
        return rotated
    }

    /// Ends a key, and says so unless it had ended.
    ///
    /// - Throws: `StorageError.notFound`.
    @discardableResult
    package func revoke(_ id: KeyID, in transaction: StoreTransaction) throws -> APIKey {
        let before = try transaction.key(id)
        let after = try transaction.revoke(key: id)
        guard let before, before.revokedAt == nil else { return after }
        try note(.keyRevoke, "\(id)", before: .object(before.object), after: .object(after.object), in: transaction)
        return after
    }
}

/// The body of a rotation.
enum KeyRotation {
    /// Nil when it was refused.
    static func grace(_ reader: inout ObjectReader) -> Duration? {
        guard reader.has("grace") else { return KeyToken.defaultGrace }
        // Nothing is no duration elsewhere, and here it has a meaning.
        if let text = reader.value("grace")?.string, Duration.isZero(iso8601: text) { return .zero }
        guard let grace = reader.duration("grace") else { return nil }
        guard grace <= KeyToken.maxGrace else {
            reader.fail("grace", "out_of_range", "must be at most \(KeyToken.maxGrace.iso8601)")
            return nil
        }
        return grace
    }
}

extension CreatedKey {
    /// With the text; what is recorded for a replay is without.
    fileprivate func answer(_ status: Int, headers: [(String, String)] = []) -> Answer {
        var object = row.object
        var answer = Answer(status, .object(object), headers: headers)
        answer.recorded = .object(object)
        object["key"] = .string(text)
        if let secret = identitySecret { object["identity_secret"] = .string(secret) }
        answer.content = .json(.object(object))
        return answer
    }
}

extension KeyRate {
    fileprivate var json: JSONValue { ["per_second": .int(perSecond), "burst": .int(burst)] }
}

extension APIKey {
    /// As the API shows it.
    package var object: JSONObject {
        [
            "id": .string(id.description), "name": .string(name), "kind": .string(kind.rawValue),
            "scopes": .array(scopes.map(JSONValue.string)), "require_identity_proof": .bool(requiresIdentity),
            "created_at": JSONValue(createdAt), "expires_at": JSONValue(expiresAt), "revoked_at": JSONValue(revokedAt),
            "last_used_at": JSONValue(lastUsedAt), "rate": rate?.json ?? .null, "previous_secret_until": JSONValue(previous?.until),
        ]
    }
}
