import Core
import Storage

/// A key to be made, as `POST /v1/keys` asks for it.
struct KeyInput: Sendable {
    let name: String
    let kind: APIKey.Kind
    let scopes: [Scope]
    let requiresIdentity: Bool
    let expiresAt: Timestamp?
    let rate: KeyRate?

    init(_ body: JSONBody) throws {
        self = try body.read { reader in
            let name = reader.requiredString("name", maxBytes: 128)
            // It stands in tables and logs of operators.
            if let name, !name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) { reader.fail("name", "invalid_value", "must have no control characters") }
            let kind = reader.has("kind") ? reader.choice("kind", of: APIKey.Kind.self) : .server
            let scopes = KeyInput.scopes(&reader)
            if kind == .server, scopes?.isEmpty == true { reader.fail("scopes", "missing", "must name at least one scope") }
            if kind == .app, scopes?.isEmpty == false { reader.fail("scopes", "invalid_value", "must be empty: what app keys may do is fixed") }
            let requiresIdentity = reader.bool("require_identity_proof") ?? false
            if kind == .server, requiresIdentity { reader.fail("require_identity_proof", "invalid_value", "is for app keys") }
            let expiresAt = reader.value("expires_at") == .null ? nil : reader.timestamp("expires_at")
            let rate = KeyInput.rate(&reader)
            guard let name, let kind, let scopes else { return nil }
            return KeyInput(name: name, kind: kind, scopes: scopes, requiresIdentity: requiresIdentity, expiresAt: expiresAt, rate: rate)
        }
    }

    /// - Throws: `InvalidInput` for a key that would never work.
    func check(now: Timestamp) throws {
        if let expiresAt, expiresAt <= now { throw InvalidInput("/expires_at", "out_of_range", "must lie ahead of now") }
    }

    private init(name: String, kind: APIKey.Kind, scopes: [Scope], requiresIdentity: Bool, expiresAt: Timestamp?, rate: KeyRate?) {
        self.name = name
        self.kind = kind
        self.scopes = scopes
        self.requiresIdentity = requiresIdentity
        self.expiresAt = expiresAt
        self.rate = rate
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

    private static func rate(_ reader: inout ObjectReader) -> KeyRate? {
        guard reader.value("rate") != .null, var rate = reader.reader("rate") else { return nil }
        defer { rate.finish() }
        let perSecond = rate.has("per_second") ? rate.int("per_second", in: KeyRate.range) : rate.missing("per_second")
        let burst = rate.int("burst", in: KeyRate.range)
        return perSecond.map { KeyRate(perSecond: $0, burst: burst) }
    }
}
