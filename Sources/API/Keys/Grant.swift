import HTTPServer
import Storage

/// A request that came with a good key, and what is left of the key's rate.
struct Grant: Sendable {
    let key: APIKey
    let gate: RateGate
    let verdict: RateGate.Verdict

    /// - Throws: `Problem` when the key may not do what `access` asks.
    func check(_ access: Access) throws {
        switch (access, key.kind) {
        case (.open, _), (.serverOrApp, .app): return
        case (.server, .app):
            throw Problem(.appKeyForbidden, "An app key may register, update and opt out subscriptions and post events: use a server key here.")
        case (.server(let scopes), .server): try check(scopes)
        case (.serverOrApp(let scope), .server): try check([scope])
        }
    }

    private func check(_ scopes: [Scope]) throws {
        let names = scopes.map(\.rawValue)
        guard names.contains(where: key.scopes.contains) else {
            throw Problem(.missingScope, "The key \(key.id) lacks the scope \(names.joined(separator: " or ")): create a key that has it.")
        }
    }

    /// Tells the client how it stands, on every answer (draft-ietf-httpapi-ratelimit-headers-10).
    func mark(_ response: inout Response) {
        response.headers.append(("ratelimit-policy", gate.policy))
        response.headers.append(("ratelimit", verdict.field))
    }

    /// Over the rate. The three older names are what most clients look for when they are told to wait.
    var refusal: Problem {
        Problem(.rateLimited, "The key \(key.id) may make \(gate.rate.perSecond) requests a second, \(gate.rate.burst) at once: wait \(verdict.waitSeconds) s.",
                headers: [
                    ("retry-after", String(verdict.waitSeconds)), ("ratelimit-policy", gate.policy), ("ratelimit", verdict.field),
                    ("ratelimit-limit", String(gate.rate.burst)), ("ratelimit-remaining", String(verdict.remaining)),
                    ("ratelimit-reset", String(verdict.resetSeconds)),
                ])
    }
}
