package import Core
import HTTPServer
import Linux
import OpenSSL
import Storage

/// Knows which keys are good: asks the store once a minute for each key in use, and notes when keys were last used.
package final class KeyRing: Sendable {
    private struct Entry {
        let key: APIKey
        let readAt: Int64
        var notedAt: Int64
    }

    /// What a field claims, and the hash that proves it.
    private struct Credential {
        let kind: APIKey.Kind
        let id: KeyID
        let hash: [UInt8]
    }

    private struct State {
        var entries: [KeyID: Entry] = [:]
        /// `Authorization` fields that have passed, with what their text comes to: to take them apart and hash them again for
        /// each request would cost more than all else that is asked of a key. The key itself is looked at each time.
        var fields: [String: Credential] = [:]
        /// Counts what was forgotten, so that a row read before a change is not kept after it.
        var changes = 0
    }

    private let store: Store
    private let state = Lock(State())

    private static let lifetimeMilliseconds: Int64 = 60_000
    private static let maxEntries = 10_000

    init(store: Store) { self.store = store }

    /// Makes the next request ask the store again: call it after a key was changed.
    package func forget(_ id: KeyID) {
        state.withLock { state in
            state.entries[id] = nil
            state.changes += 1
        }
    }

    /// The key of a request, when it may do what `access` asks.
    ///
    /// - Returns: nil for an endpoint that is open.
    /// - Throws: `Problem`.
    func authorize(_ request: Request, _ access: Access, now: Timestamp) async throws -> APIKey? {
        if access == .open { return nil }
        let key = try await authenticate(request, now: now)
        switch (access, key.kind) {
        case (.open, _), (.serverOrApp, .app): return key
        case (.server, .app):
            throw Problem(.appKeyForbidden, "An app key may register, update and opt out subscriptions and post events: use a server key here.")
        case (.server(let scopes), .server): return try check(key, scopes)
        case (.serverOrApp(let scope), .server): return try check(key, [scope])
        }
    }

    private func check(_ key: APIKey, _ scopes: [Scope]) throws -> APIKey {
        let names = scopes.map(\.rawValue)
        guard names.contains(where: key.scopes.contains) else {
            throw Problem(.missingScope, "The key \(key.id) lacks the scope \(names.joined(separator: " or ")): create a key that has it.")
        }
        return key
    }

    private func authenticate(_ request: Request, now: Timestamp) async throws -> APIKey {
        let fields = request.headers.all("authorization")
        guard let field = fields.first, fields.count == 1 else {
            throw KeyRing.unauthorized("Send one `Authorization: Bearer clr_…` field.")
        }
        let known = state.withLock { $0.fields[field] }
        let credential = try known ?? KeyRing.credential(field)
        // An unknown key takes the same way as a wrong secret.
        let found = try await key(credential.id)
        let isRight = constantTimeEqual(credential.hash, found?.hash ?? [UInt8](repeating: 0, count: SHA256.byteCount))
        guard let found, isRight, found.kind == credential.kind else { throw KeyRing.unauthorized("The key is not known here.") }
        guard found.isUsable(at: now) else { throw KeyRing.unauthorized("The key has expired or was revoked: create a new one.") }
        note(found.id, now: now)
        if known == nil { keep(credential, of: field) }
        return found
    }

    private func keep(_ credential: Credential, of field: String) {
        state.withLock { state in
            if state.fields.count >= KeyRing.maxEntries { state.fields.removeAll() }
            state.fields[field] = credential
        }
    }

    private static func credential(_ field: String) throws -> Credential {
        // RFC 9110 section 11.1: the scheme is case-insensitive.
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].asciiLowercased == "bearer" else {
            throw KeyRing.unauthorized("Send the key as `Authorization: Bearer clr_…`.")
        }
        guard let token = KeyToken(String(parts[1])) else {
            throw KeyRing.unauthorized("The key is incomplete or mistyped: its check characters do not match.")
        }
        return Credential(kind: token.kind, id: token.id, hash: token.hash)
    }

    private static func unauthorized(_ detail: String) -> Problem {
        Problem(.unauthorized, detail, headers: [("www-authenticate", "Bearer")])
    }

    private func key(_ id: KeyID) async throws -> APIKey? {
        let now = store.time.monotonicMilliseconds
        let (known, changes) = state.withLock { state in
            (state.entries[id].flatMap { now - $0.readAt < KeyRing.lifetimeMilliseconds ? $0.key : nil }, state.changes)
        }
        if let known { return known }
        guard let key = try await store.read({ try $0.key(id) }) else { return nil }
        state.withLock { state in
            guard state.changes == changes else { return }
            if state.entries.count >= KeyRing.maxEntries { state.entries.removeAll() }
            state.entries[id] = Entry(key: key, readAt: now, notedAt: key.lastUsedAt?.milliseconds ?? .min)
        }
        return key
    }

    /// Writes the time of use once a minute at most, and lets nobody wait for it.
    private func note(_ id: KeyID, now: Timestamp) {
        let minute = now.milliseconds - now.milliseconds % 60_000
        let isNew = state.withLock { state in
            guard let notedAt = state.entries[id]?.notedAt, notedAt < minute else { return false }
            state.entries[id]?.notedAt = minute
            return true
        }
        guard isNew else { return }
        store.submit({ try $0.touch(key: id, at: Timestamp(milliseconds: minute)) }, completion: { _ in })
    }
}
