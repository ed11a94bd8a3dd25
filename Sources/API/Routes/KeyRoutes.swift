import Core
import HTTPServer
import Storage

extension RouteGroup {
    /// API keys: `/v1/keys`.
    static let keys = RouteGroup("keys", [
        Endpoint(.POST, "/v1/keys", .server(.keysAdmin),
                 "Creates a key. Its text, and the identity secret of an app key, are in this answer and nowhere else, not even in a replay.",
                 body: .init("KeyWrite"), results: [(201, .schema("CreatedKey"))], idempotency: .optional) { call in
            let body = try await call.body()
            let input = try KeyInput(body, now: call.store.now)
            return try await call.once(body) { transaction in
                let created = try KeyToken.create(name: input.name, kind: input.kind, scopes: input.scopes,
                                                  requiresIdentity: input.requiresIdentity, expiresAt: input.expiresAt, in: transaction)
                var object = created.row.object
                var answer = Answer(201, .object(object), headers: [("location", "/v1/keys/\(created.row.id)")])
                answer.recorded = .object(object)
                object["key"] = .string(created.text)
                if let secret = created.identitySecret { object["identity_secret"] = .string(secret) }
                answer.content = .json(.object(object))
                return answer
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
            _ = try await call.store.write { try $0.revoke(key: id) }
            call.context.keys.forget(id)
            return Answer()
        },
    ], schemas: [
        "KeyWrite": #"""
            {"type":"object","additionalProperties":false,"required":["name"],"properties":{
             "name":{"type":"string","minLength":1,"maxLength":128},
             "kind":{"enum":["server","app"],"default":"server"},
             "scopes":{"type":"array","items":{"$ref":"#/components/schemas/Scope"},"description":"Server keys: at least one. App keys: none."},
             "expires_at":{"type":["string","null"],"format":"date-time"},
             "require_identity_proof":{"type":"boolean","default":false,"description":"App keys: every request needs an `identity_proof`."}}}
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
     "required":["id","name","kind","scopes","require_identity_proof","created_at","expires_at","revoked_at","last_used_at"],"properties":{
     "id":{"type":"string"},"name":{"type":"string"},"kind":{"enum":["server","app"]},
     "scopes":{"type":"array","items":{"$ref":"#/components/schemas/Scope"}},"require_identity_proof":{"type":"boolean"},
     "created_at":{"type":"string","format":"date-time"},"expires_at":{"type":["string","null"],"format":"date-time"},
     "revoked_at":{"type":["string","null"],"format":"date-time"},
     "last_used_at":{"type":["string","null"],"format":"date-time","description":"To the minute."}\#(more)}}
    """#
}

private struct KeyInput: Sendable {
    let name: String
    let kind: APIKey.Kind
    let scopes: [Scope]
    let requiresIdentity: Bool
    let expiresAt: Timestamp?

    init(_ body: JSONBody, now: Timestamp) throws {
        self = try body.read { reader in
            let name = reader.requiredString("name", maxBytes: 128)
            let kind = reader.has("kind") ? reader.choice("kind", of: APIKey.Kind.self) : .server
            let scopes = KeyInput.scopes(&reader)
            if kind == .server, scopes?.isEmpty == true { reader.fail("scopes", "missing", "must name at least one scope") }
            if kind == .app, scopes?.isEmpty == false { reader.fail("scopes", "invalid_value", "must be empty: what app keys may do is fixed") }
            let requiresIdentity = reader.bool("require_identity_proof") ?? false
            if kind == .server, requiresIdentity { reader.fail("require_identity_proof", "invalid_value", "is for app keys") }
            let expiresAt = reader.value("expires_at") == .null ? nil : reader.timestamp("expires_at")
            if let expiresAt, expiresAt <= now { reader.fail("expires_at", "out_of_range", "must lie ahead of now") }
            guard let name, let kind, let scopes else { return nil }
            return KeyInput(name: name, kind: kind, scopes: scopes, requiresIdentity: requiresIdentity, expiresAt: expiresAt)
        }
    }

    private init(name: String, kind: APIKey.Kind, scopes: [Scope], requiresIdentity: Bool, expiresAt: Timestamp?) {
        self.name = name
        self.kind = kind
        self.scopes = scopes
        self.requiresIdentity = requiresIdentity
        self.expiresAt = expiresAt
    }

    /// Nil when one of them was refused: what is left is not what was meant.
    private static func scopes(_ reader: inout ObjectReader) -> [Scope]? {
        guard reader.has("scopes") else { return [] }
        guard let texts = reader.strings("scopes", maxCount: 50, maxBytes: 64) else { return nil }
        let words = Scope.allCases.map(\.rawValue)
        var scopes: [Scope] = []
        var areKnown = true
        for (index, text) in texts.enumerated() {
            guard let scope = Scope(rawValue: text) else {
                reader.errors.add(JSONPointer.join(reader.pointer(to: "scopes"), index), "invalid_value",
                                  "must be one of \(words.joined(separator: ", "))\(Suggestion.text(for: text, among: words))")
                areKnown = false
                continue
            }
            if !scopes.contains(scope) { scopes.append(scope) }
        }
        return areKnown ? scopes : nil
    }
}

extension APIKey {
    fileprivate var object: JSONObject {
        [
            "id": .string(id.description), "name": .string(name), "kind": .string(kind.rawValue),
            "scopes": .array(scopes.map(JSONValue.string)), "require_identity_proof": .bool(requiresIdentity),
            "created_at": JSONValue(createdAt), "expires_at": JSONValue(expiresAt), "revoked_at": JSONValue(revokedAt),
            "last_used_at": JSONValue(lastUsedAt),
        ]
    }
}
