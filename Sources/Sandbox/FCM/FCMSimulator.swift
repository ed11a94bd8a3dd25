package import Core

/// Firebase Cloud Messaging: `POST /token` and `POST /v1/projects/{project}/messages:send`. Any thread.
package final class FCMSimulator: Simulator {
    package let channel = Channel.fcm
    private let account: FCMServiceAccount
    private let oauth: GoogleOAuth
    private let ids: ProviderIDs
    private let isKnown: @Sendable (String) -> Bool

    /// - Parameter isKnown: whether a registration token or installation id is registered.
    package init(
        settings: SandboxSettings.FCM, account: FCMServiceAccount, ids: ProviderIDs,
        isKnown: @escaping @Sendable (String) -> Bool
    ) {
        self.account = account
        self.ids = ids
        self.isKnown = isKnown
        oauth = GoogleOAuth(account: account, lifetimeSeconds: settings.accessTokenSeconds, ids: ids)
    }

    /// Makes every access token given out so far worthless, as Google does when a key is disabled.
    package func revokeAccessTokens() { oauth.revokeAll() }

    package func judge(_ request: ProviderRequest, now: Timestamp) -> Verdict {
        if request.segments == ["token"] {
            let answer = oauth.answer(request, now: now)
            return Verdict(answer: answer, items: [], isTaken: false, callbacks: [])
        }
        var item = Verdict.Item(address: "")
        if let refusal = transportRefusal(request, now: now) { return .refused(refusal, item) }
        guard let json = try? JSONValue(parsing: request.body) else {
            return .refused(FCMError.plain(400, "Invalid JSON payload received."), item)
        }
        if let violation = FCMMessage.request.violation(json, at: "") {
            return .refused(FCMError.plain(400, violation.description, violations: [violation]), item)
        }
        guard let message = FCMRules.member(json.object, "message")?.object else {
            let violation = FCMError.Violation(field: "message", description: "Message is missing")
            return .refused(FCMError.answer(.invalidArgument, violations: [violation]), item)
        }
        let rules = FCMRules(message: message)
        if let target = rules.target {
            item.address = target.field == "topic" || target.field == "condition"
                ? "\(target.field):\(target.value)" : target.value
        }
        item.text = rules.text
        item.collapse = rules.collapse
        item.key = rules.key
        if let violation = rules.violation() {
            return .refused(FCMError.answer(.invalidArgument, violations: [violation]), item)
        }
        if let target = rules.target, target.field == "token" || target.field == "fid", !isKnown(target.value) {
            return .refused(FCMError.answer(.unregistered), item)
        }
        if item.text == nil { item.remarks.append("neither notification nor data: the app gets an empty message") }
        let isRehearsal = FCMRules.member(json.object, "validate_only")?.bool == true
        let id = isRehearsal ? "fake_message_id" : "0:\(ids.number())%\(ids.hex().prefix(16))"
        let answer = ProviderAnswer(200, json: ["name": .string("projects/\(account.projectID)/messages/\(id)")])
        return Verdict(answer: answer, items: [item], isTaken: !isRehearsal, callbacks: [])
    }

    private func transportRefusal(_ request: ProviderRequest, now: Timestamp) -> ProviderAnswer? {
        guard request.segments.count == 4, request.segments.prefix(2) == ["v1", "projects"],
            request.segments[3] == "messages:send", request.method == "POST"
        else { return FCMError.plain(404, "Not Found") }
        guard let token = request.credentials("bearer") else {
            return FCMError.plain(401, "Request is missing required authentication credential. "
                + "Expected OAuth 2 access token, login cookie or other valid authentication credential.")
        }
        guard oauth.isValid(token, now: now) else {
            return FCMError.plain(401, "Request had invalid authentication credentials. "
                + "Expected OAuth 2 access token, login cookie or other valid authentication credential.")
        }
        // A project that the account has nothing to do with: a 404 without an FcmError is no verdict on the token.
        guard request.segments[2] == account.projectID else {
            return FCMError.plain(404, "Requested entity was not found.")
        }
        guard request.mediaType == "application/json" else {
            return FCMError.plain(400, "Invalid JSON payload received. Unexpected content type.")
        }
        return nil
    }

    package func answer(to fault: Fault.Refusal, _ verdict: Verdict, now: Timestamp) -> ProviderAnswer? {
        switch fault {
        case .gone: return FCMError.answer(.unregistered)
        case .throttled(let seconds): return FCMError.answer(.quotaExceeded, retryAfterSeconds: seconds)
        case .internalError: return FCMError.answer(.internalError)
        case .unavailable(let seconds): return FCMError.answer(.unavailable, retryAfterSeconds: seconds)
        case .named(let name): return FCMError.Code(rawValue: name).map { FCMError.answer($0) }
        }
    }
}
