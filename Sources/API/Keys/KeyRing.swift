package import Core
import HTTPServer
import Linux
import OpenSSL
import Storage
import Synchronization

/// Knows which keys are good: asks the store once a minute for each key in use, notes when keys were last used, and holds each to
/// its rate. Nobody reads the store with a wrong key more often than `FailureGate` lets an address fail.
package final class KeyRing: Sendable {
    private final class Entry: Sendable {
        let key: APIKey
        let readAt: Int64
        let gate: RateGate
        /// The minute of the last use that is written down, in milliseconds.
        let notedAt: Atomic<Int64>

        init(key: APIKey, readAt: Int64, gate: RateGate, notedAt: Int64) {
            self.key = key
            self.readAt = readAt
            self.gate = gate
            self.notedAt = Atomic(notedAt)
        }
    }

    /// What a field claims, and the hash that proves it.
    private struct Credential: Hashable {
        let kind: APIKey.Kind
        let id: KeyID
        let hash: [UInt8]

        init(_ token: KeyToken) {
            kind = token.kind
            id = token.id
            hash = token.hash
        }
    }

    private struct State {
        var entries: [KeyID: Entry] = [:]
        /// `Authorization` fields that have passed, with what their text comes to: to take them apart and hash them again for
        /// each request would cost more than all else that is asked of a key. The key itself is looked at each time.
        var fields: [String: Credential] = [:]
        /// Keys that have changed since they were read.
        var stale: Set<KeyID> = []
        /// What is being looked up now, and who waits for it.
        var trials: [Credential: [UnsafeContinuation<Trial, Never>]] = [:]
        /// Counts what was forgotten, so that a row read before a change is not taken for fresh after it.
        var changes = 0
    }

    private let store: Store
    private let limits: AccessLimits
    private let failures: FailureGate
    private let state = Lock(State())
    private let limited = Atomic<Int64>(0)

    private static let lifetimeMilliseconds: Int64 = 60_000
    private static let maxEntries = 10_000

    init(store: Store, limits: AccessLimits) {
        self.store = store
        self.limits = limits
        failures = FailureGate(perMinute: limits.failuresPerMinute)
    }

    /// Makes the next request ask the store again: call it after a key was changed.
    package func forget(_ id: KeyID) {
        state.withLock { state in
            state.stale.insert(id)
            state.changes += 1
        }
    }

    /// The key of a request, when it may do what `access` asks and is within its rate.
    ///
    /// - Returns: nil for an endpoint that is open.
    /// - Throws: `Problem`.
    func authorize(_ request: Request, _ access: Access, now: Timestamp) async throws -> Grant? {
        if access == .open { return nil }
        let entry = try await authenticate(request, now: now)
        let verdict = entry.gate.take(nowMilliseconds: store.time.monotonicMilliseconds)
        let grant = Grant(key: entry.key, gate: entry.gate, verdict: verdict)
        guard verdict.isAllowed else {
            limited.add(1, ordering: .relaxed)
            throw grant.refusal
        }
        return grant
    }

    private func authenticate(_ request: Request, now: Timestamp) async throws -> Entry {
        guard let field = request.headers.only("authorization") else {
            throw KeyRing.unauthorized("Send one `Authorization: Bearer clr_…` field.")
        }
        // A key is ASCII: beyond it Strings are equal whose bytes are not, as U+212A is to K.
        let isASCII = field.utf8.withContiguousStorageIfAvailable { $0.allSatisfy { $0 < 0x80 } } ?? false
        let known = isASCII ? state.withLock { $0.fields[field] } : nil
        let credential = try known ?? credential(field, of: request)
        let entry = try await entry(for: credential, of: request, now: now)
        guard entry.key.isUsable(at: now) else { throw KeyRing.unauthorized("The key has expired or was revoked: create a new one.") }
        note(entry, now: now)
        if known == nil { keep(credential, of: field) }
        return entry
    }

    /// - Throws: `Problem`. A key was tried when the scheme is right: what cannot be one is a failure too.
    private func credential(_ field: String, of request: Request) throws -> Credential {
        // RFC 9110 section 11.1: the scheme is case-insensitive.
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].asciiLowercased == "bearer" else {
            throw KeyRing.unauthorized("Send the key as `Authorization: Bearer clr_…`.")
        }
        guard let token = KeyToken(String(parts[1])) else {
            _ = try bookFailure(of: request)
            throw KeyRing.unauthorized("The key is incomplete or mistyped: its check characters do not match.")
        }
        return Credential(token)
    }

    /// The key a credential opens. Who shows a secret that this process has seen to be right is never counted among the failures, so
    /// that one bad client behind a shared address does not lock the others out; all others must pass the address's count first.
    private func entry(for credential: Credential, of request: Request, now: Timestamp) async throws -> Entry {
        let (known, isFresh) = recall(credential.id)
        let fits = known.map { KeyRing.fits(credential, $0.key, now: now) } ?? false
        if let known, fits, isFresh { return known }
        switch try await begin(credential, of: request, isGuess: !fits) {
        case .over: return try await entry(for: credential, of: request, now: now)
        case .ended(let outcome):
            guard let found = try outcome.get() else { throw KeyRing.unauthorized("The key is not known here.") }
            return found
        case .begun(let booked):
            let outcome: Result<Entry?, any Error>
            do {
                outcome = .success(try await examine(credential, known, isFresh: isFresh, booked: booked, now: now))
            } catch {
                outcome = .failure(error)
            }
            let waiting = state.withLock { $0.trials.removeValue(forKey: credential) ?? [] }
            for waiter in waiting { waiter.resume(returning: .ended(outcome)) }
            guard let found = try outcome.get() else { throw KeyRing.unauthorized("The key is not known here.") }
            return found
        }
    }

    /// What somebody meets who wants a credential looked up: the requests that a client sends at once with a key that is new here are
    /// one attempt, whatever comes of it.
    private enum Trial {
        /// Theirs to look up and to end.
        case begun(booked: UInt64?)
        /// Another's, which has ended so while they waited.
        case ended(Result<Entry?, any Error>)
        /// Another's that ended before they could wait.
        case over
    }

    private func begin(_ credential: Credential, of request: Request, isGuess: Bool) async throws -> Trial {
        let begun: Trial? = try state.withLock { state in
            guard state.trials[credential] == nil else { return nil }
            let booked = isGuess ? try bookFailure(of: request) : nil
            state.trials[credential] = []
            return .begun(booked: booked)
        }
        if let begun { return begun }
        return await withUnsafeContinuation { waiter in
            let waits = state.withLock { $0.trials[credential]?.append(waiter) != nil }
            if !waits { waiter.resume(returning: .over) }
        }
    }

    /// - Returns: nil when the credential opens nothing. An unknown key takes the same way as a wrong secret.
    private func examine(_ credential: Credential, _ known: Entry?, isFresh: Bool, booked: UInt64?, now: Timestamp) async throws -> Entry? {
        let found = isFresh ? known : try await read(credential.id)
        guard KeyRing.fits(credential, found?.key, now: now) else { return nil }
        if let booked { failures.forgive(booked) }
        return found
    }

    /// The present secret, or for a while the one before; both are compared whatever the first says.
    private static func fits(_ credential: Credential, _ key: APIKey?, now: Timestamp) -> Bool {
        let nothing = [UInt8](repeating: 0, count: SHA256.byteCount)
        let isPresent = constantTimeEqual(credential.hash, key?.hash ?? nothing)
        let isFormer = constantTimeEqual(credential.hash, key?.previous?.hash ?? nothing) && key?.previous.map { now < $0.until } == true
        return (isPresent || isFormer) && key?.kind == credential.kind
    }

    private func bookFailure(of request: Request) throws -> UInt64 {
        let address = ClientAddress.of(request, trusting: limits.trustedProxies)?.neighbourhood ?? 0
        if let seconds = failures.book(address, nowMilliseconds: store.time.monotonicMilliseconds) {
            throw Problem(.rateLimited, "Too many keys from this address were wrong: wait \(seconds) seconds.",
                          headers: [("retry-after", String(seconds))])
        }
        return address
    }

    private static func unauthorized(_ detail: String) -> Problem {
        Problem(.unauthorized, detail, headers: [("www-authenticate", "Bearer")])
    }

    private func keep(_ credential: Credential, of field: String) {
        state.withLock { state in
            if state.fields.count >= KeyRing.maxEntries { state.fields.removeAll() }
            state.fields[field] = credential
        }
    }

    private func recall(_ id: KeyID) -> (entry: Entry?, isFresh: Bool) {
        let now = store.time.monotonicMilliseconds
        return state.withLock { state in
            guard let entry = state.entries[id] else { return (nil, false) }
            return (entry, now - entry.readAt < KeyRing.lifetimeMilliseconds && (state.stale.isEmpty || !state.stale.contains(id)))
        }
    }

    private func read(_ id: KeyID) async throws -> Entry? {
        let now = store.time.monotonicMilliseconds
        let changes = state.withLock { $0.changes }
        guard let key = try await store.read({ try $0.key(id) }) else { return nil }
        let rate = key.rate ?? limits.rate
        return state.withLock { state in
            let old = state.entries[id]
            // What has been booked stays booked when the row is read again.
            let gate = old.flatMap { $0.gate.rate == rate ? $0.gate : nil } ?? RateGate(rate)
            let noted = max(old?.notedAt.load(ordering: .relaxed) ?? .min, key.lastUsedAt?.milliseconds ?? .min)
            let entry = Entry(key: key, readAt: now, gate: gate, notedAt: noted)
            guard state.changes == changes else { return entry }
            if state.entries.count >= KeyRing.maxEntries { state.entries.removeAll() }
            state.entries[id] = entry
            state.stale.remove(id)
            return entry
        }
    }

    /// Writes the time of use once a minute at most, and lets nobody wait for it.
    private func note(_ entry: Entry, now: Timestamp) {
        let minute = now.milliseconds - now.milliseconds % 60_000
        let noted = entry.notedAt.load(ordering: .relaxed)
        guard noted < minute, entry.notedAt.compareExchange(expected: noted, desired: minute, ordering: .relaxed).exchanged else { return }
        let id = entry.key.id
        store.submit({ try $0.touch(key: id, at: Timestamp(milliseconds: minute)) }, completion: { _ in })
    }

    func figures() -> [Metric] {
        let totals = failures.totals
        return [
            Metric("clairon_auth_failures_total", .counter, "Authentications that failed.", [.init(Double(totals.failures))]),
            Metric("clairon_rate_limited_requests_total", .counter, "Requests refused with 429.", [
                .init(Double(limited.load(ordering: .relaxed)), labels: [("by", "key")]),
                .init(Double(totals.refusals), labels: [("by", "address")]),
            ]),
        ]
    }
}
