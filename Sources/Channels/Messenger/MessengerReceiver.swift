package import Core
internal import OpenSSL

/// Verifies and reads the webhooks of one Page.
///
/// An authentic call is answered 200 even when nothing in it is understood: Meta repeats, and in the end switches off,
/// a webhook that refuses.
package struct MessengerReceiver: CallbackReceiver {
    private let settings: MessengerAccount

    package init(_ settings: MessengerAccount) { self.settings = settings }

    package var account: Account { settings.account }

    package func receive(_ callback: Callback, now: Timestamp) -> CallbackResult {
        switch callback.method {
        case "GET": return verification(callback)
        case "POST":
            guard isAuthentic(callback) else { return CallbackResult(status: 403) }
            let limits = JSONLimits(members: 100_000)
            guard let json = try? JSONValue(parsing: callback.body, limits: limits), json["object"]?.string == "page" else {
                return CallbackResult(status: 200)
            }
            let reader = MessengerEvents(settings: settings, now: now)
            return CallbackResult(status: 200, events: reader.events(of: json))
        default: return CallbackResult(status: 405)
        }
    }

    /// Messenger Platform, "Webhooks", verification requests: repeat the challenge to who knows the token.
    private func verification(_ callback: Callback) -> CallbackResult {
        guard callback.query("hub.mode") == "subscribe", let token = callback.query("hub.verify_token"),
            constantTimeEqual(Array(token.utf8), Array(settings.verifyToken.utf8)),
            let challenge = callback.query("hub.challenge"), challenge.utf8.count <= 1_024
        else { return CallbackResult(status: 403) }
        return CallbackResult(status: 200, body: Array(challenge.utf8))
    }

    /// `X-Hub-Signature-256`, over the bytes as they came: Meta escapes what we would not when writing JSON again.
    private func isAuthentic(_ callback: Callback) -> Bool {
        guard let signature = callback.header("x-hub-signature-256") else { return false }
        let code = HMAC.sha256(key: Array(settings.appSecret.utf8), message: callback.body)
        return constantTimeEqual(Array(signature.utf8), Array("sha256=\(Hex.encode(code))".utf8))
    }
}
