import API
import Core
import Storage

/// A key to make, as `clairon keys create` asks for it, of a running server or of the folder itself.
struct KeyRequest {
    var name: String
    var kind: APIKey.Kind
    var scopes: [Scope]

    /// - Parameter words: `all`, or scopes separated by commas.
    init(name: String, app: Bool, scopes words: String) throws {
        self.name = name
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
        try self.init(name: json["name"]?.string ?? "", app: json["kind"]?.string == "app", scopes: words.joined(separator: ","))
    }

    var json: JSONValue {
        ["command": "create_key", "name": .string(name), "kind": .string(kind.rawValue),
         "scopes": .array(scopes.map { .string($0.rawValue) })]
    }

    /// Makes the key; its text is in the answer and nowhere else.
    func create(in store: Store) throws -> JSONValue {
        let request = self
        let created = try store.writeNow { store in
            try KeyToken.create(name: request.name, kind: request.kind, scopes: request.scopes, in: store)
        }
        return ["id": .string(created.row.id.description), "key": .string(created.text),
                "scopes": .array(request.scopes.map { .string($0.rawValue) })]
    }
}
