import API
import Core
import Storage

/// A key to make, as `clairon keys create` asks for it, of a running server or of the folder itself.
struct KeyRequest {
    var name: String
    var kind: APIKey.Kind
    var scopes: [Scope]
    /// From the moment it is made.
    var lifetime: Duration?
    var rate: KeyRate?

    /// - Parameter words: `all`, or scopes separated by commas.
    init(name: String, app: Bool, scopes words: String, lifetime: Duration? = nil, rate: KeyRate? = nil) throws {
        guard name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { throw Failed("--name: must have no control characters") }
        self.name = name
        self.lifetime = lifetime
        self.rate = rate
        kind = app ? .app : .server
        guard !app else {
            scopes = []
            return
        }
        scopes = try words == "all" ? Scope.allCases : words.split(separator: ",").map { word in
            guard let scope = Scope(rawValue: String(word)) else {
                let known = Scope.allCases.map(\.rawValue)
                throw Failed("--scopes: \(word) is not a scope\(Suggestion.text(for: String(word), among: known)); known: all, \(known.joined(separator: ", "))")
            }
            return scope
        }
        guard !scopes.isEmpty else { throw Failed("--scopes: name at least one scope, or all") }
    }

    init(_ json: JSONValue) throws {
        let words = (json["scopes"]?.array ?? []).compactMap(\.string)
        let rate = json["per_second"]?.int.map { KeyRate(perSecond: min(max($0, KeyRate.range.lowerBound), KeyRate.range.upperBound)) }
        try self.init(name: json["name"]?.string ?? "", app: json["kind"]?.string == "app", scopes: words.joined(separator: ","),
                      lifetime: json["lifetime_seconds"]?.int.map { .seconds($0) }, rate: rate)
    }

    var json: JSONValue {
        ["command": "create_key", "name": .string(name), "kind": .string(kind.rawValue),
         "scopes": .array(scopes.map { .string($0.rawValue) }), "lifetime_seconds": lifetime.map { .int($0.components.seconds) } ?? .null,
         "per_second": rate.map { .int($0.perSecond) } ?? .null]
    }

    /// Makes the key; its text, and the identity secret of an app key, are in the answer and nowhere else.
    func create(in store: Store) throws -> JSONValue {
        let request = self
        let created = try store.writeNow { store in
            let created = try KeyToken.create(name: request.name, kind: request.kind, scopes: request.scopes,
                                              expiresAt: request.lifetime.map { store.now + $0 }, rate: request.rate, in: store)
            try Auditor.command.note(.keyCreate, "\(created.row.id)", after: .object(created.row.object), in: store)
            return created
        }
        var answer: JSONObject = ["id": .string(created.row.id.description), "key": .string(created.text),
                                  "scopes": .array(request.scopes.map { .string($0.rawValue) })]
        if let secret = created.identitySecret { answer["identity_secret"] = .string(secret) }
        return .object(answer)
    }
}
