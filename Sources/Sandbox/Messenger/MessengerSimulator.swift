package import Core
import OpenSSL

/// Meta's Send API for one page: `POST /{version}/{page_id}/messages`. Any thread.
package final class MessengerSimulator: Simulator {
    package let channel = Channel.messenger
    /// Until when people may be written to.
    package let windows: MessengerWindows
    private let settings: SandboxSettings.Messenger
    private let pageToken: String
    private let secretProof: String
    private let webhook: MessengerWebhook
    private let ids: ProviderIDs
    private let isKnown: @Sendable (String) -> Bool

    /// - Parameter isKnown: whether a page-scoped id exists.
    package init(
        settings: SandboxSettings.Messenger, pageToken: String, appSecret: String, ids: ProviderIDs,
        isKnown: @escaping @Sendable (String) -> Bool
    ) {
        self.settings = settings
        self.pageToken = pageToken
        self.ids = ids
        self.isKnown = isKnown
        secretProof = Hex.encode(HMAC.sha256(key: Array(appSecret.utf8), message: Array(pageToken.utf8)))
        webhook = MessengerWebhook(pageID: settings.pageID, appSecret: appSecret)
        windows = MessengerWindows(isOpenByDefault: settings.isWindowOpenByDefault)
    }

    package func judge(_ request: ProviderRequest, now: Timestamp) -> Verdict {
        var item = Verdict.Item(address: "")
        let fields: JSONObject
        switch body(of: request) {
        case .success(let object): fields = object
        case .failure(let error): return .refused(error.answer(trace: ids.hex()), item)
        }
        let recipient = fields["recipient"]?.object
        item.address = ["id", "user_ref", "phone_number", "notification_messages_token", "one_time_notif_token", "comment_id", "post_id"]
            .compactMap { recipient?[$0]?.string }.first ?? ""
        item.key = fields["message"]?["metadata"]?.string
        item.text = (fields["message"]?.object).flatMap(MessengerContent.text(of:))
        if let error = credentialError(request, fields) ?? targetError(request) ?? error(in: fields, now: now) {
            return .refused(error.answer(trace: ids.hex()), item)
        }
        for member in fields.members where !MessengerSimulator.knownFields.contains(member.name) {
            item.remarks.append("\(member.name) is not a parameter that Meta knows: it is ignored")
        }
        var body = JSONObject()
        let psid = recipient?["id"]?.string
        // Absent when the recipient was a user_ref or a phone number.
        if let psid { body["recipient_id"] = .string(psid) }
        if fields["sender_action"] != nil {
            return Verdict(answer: ProviderAnswer(200, json: .object(body)), items: [item], isTaken: false, callbacks: [])
        }
        let messageID = "m_" + Base64URL.encode(Array((ids.hex() + ids.hex()).utf8))
        body["message_id"] = .string(messageID)
        return .taken(ProviderAnswer(200, json: .object(body)), [item], callbacks: events(psid, messageID, item, now: now))
    }

    private static let knownFields: Set<String> = [
        "recipient", "message", "messaging_type", "tag", "notification_type", "sender_action", "persona_id",
        "access_token", "appsecret_proof",
    ]

    /// JSON, or form fields of which those that begin with a brace hold JSON.
    private func body(of request: ProviderRequest) -> Result<JSONObject, GraphError> {
        if request.mediaType == "application/x-www-form-urlencoded" {
            var fields = JSONObject()
            for pair in FormCoding.decode(request.body) ?? [] {
                let isJSON = pair.value.utf8.first == UInt8(ascii: "{")
                fields[pair.name] = (isJSON ? try? JSONValue(parsing: Array(pair.value.utf8)) : nil) ?? .string(pair.value)
            }
            return .success(fields)
        }
        guard request.mediaType == "application/json", let object = (try? JSONValue(parsing: request.body))?.object else {
            return .failure(.invalid("The parameter recipient is required"))
        }
        return .success(object)
    }

    private func credentialError(_ request: ProviderRequest, _ fields: JSONObject) -> GraphError? {
        guard let token = request.credentials("bearer") ?? request.query("access_token") ?? fields["access_token"]?.string else {
            return GraphError(104, nil, "An access token is required to request this resource.")
        }
        guard constantTimeEqual(Array(token.utf8), Array(pageToken.utf8)) else {
            return GraphError(190, nil, "Invalid OAuth access token - Cannot parse access token")
        }
        guard let proof = request.query("appsecret_proof") ?? fields["appsecret_proof"]?.string else {
            return settings.requiresSecretProof
                ? GraphError(100, nil, "API calls from the server require an appsecret_proof argument") : nil
        }
        return constantTimeEqual(Array(proof.utf8), Array(secretProof.utf8))
            ? nil : GraphError(100, nil, "Invalid appsecret_proof provided in the API argument")
    }

    private func targetError(_ request: ProviderRequest) -> GraphError? {
        let path = request.segments
        guard path.count == 3, path[2] == "messages", MessengerSimulator.isVersion(path[0]) else {
            return GraphError(2_500, nil, "Unknown path components: /\(path.joined(separator: "/"))")
        }
        guard path[1] == settings.pageID || path[1] == "me" else {
            return GraphError(100, 33, "Unsupported post request. Object with ID '\(path[1])' does not exist, cannot be loaded "
                + "due to missing permissions, or does not support this operation")
        }
        guard request.method == "POST" else { return .invalid("Unsupported \(request.method.asciiLowercased) request") }
        return nil
    }

    /// `v25.0`
    private static func isVersion(_ text: String) -> Bool {
        let bytes = text.utf8
        return bytes.first == UInt8(ascii: "v") && text.hasSuffix(".0") && bytes.dropFirst().dropLast(2).allSatisfy(\.isASCIIDigit)
            && (4...5).contains(bytes.count)
    }

    private func error(in fields: JSONObject, now: Timestamp) -> GraphError? {
        guard let recipient = fields["recipient"]?.object, recipient.members.count(where: { $0.name != "name" }) == 1,
            let target = recipient.members.first(where: { $0.name != "name" }), let id = target.value.string, !id.isEmpty
        else { return .invalid("The parameter recipient is required") }
        if target.name == "id", !(id.utf8.allSatisfy(\.isASCIIDigit) && isKnown(id)) { return .noMatchingUser }
        if let action = fields["sender_action"] {
            guard fields["message"] == nil else { return GraphError(100, 2_018_015, "(#100) sender_action cannot go with message") }
            return ["mark_seen", "typing_on", "typing_off"].contains(action.string) ? nil : .invalid("Unknown sender_action")
        }
        guard let message = fields["message"]?.object else { return .invalid("The parameter message is required") }
        if let type = fields["notification_type"], !["REGULAR", "SILENT_PUSH", "NO_PUSH"].contains(type.string) {
            return .invalid("Param notification_type must be one of REGULAR, SILENT_PUSH, NO_PUSH")
        }
        let isToken = target.name == "notification_messages_token" || target.name == "one_time_notif_token"
        switch fields["messaging_type"]?.string {
        case "RESPONSE", "UPDATE":
            if fields["tag"] != nil { return .invalid("Param tag goes with messaging_type MESSAGE_TAG only") }
            if !isToken, !windows.isOpen(id, now: now) { return .outsideWindow }
            return MessengerContent.problem(with: message)
        case "MESSAGE_TAG":
            switch fields["tag"]?.string {
            case "HUMAN_AGENT", "CUSTOMER_FEEDBACK":
                return windows.isHumanAgentAllowed(id, now: now) ? MessengerContent.problem(with: message) : .outsideWindow
            // Since 27 April 2026.
            case "CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE":
                return .invalid("This message tag is no longer supported")
            default: return .invalid("Param tag must be a message tag")
            }
        case "UTILITY":
            guard let template = message["template"], template["name"]?.string?.isEmpty == false,
                template["language"]?["code"]?.string?.isEmpty == false, message["text"] == nil, message["attachment"] == nil
            else { return .invalid("A utility message must hold a template with name and language") }
            return nil
        default: return .invalid("Param messaging_type must be one of RESPONSE, UPDATE, MESSAGE_TAG, UTILITY")
        }
    }

    private func events(_ psid: String?, _ messageID: String, _ item: Verdict.Item, now: Timestamp) -> [ProviderCallback] {
        guard let psid, let url = settings.callbackURL else { return [] }
        var events: [ProviderCallback] = []
        if let appID = settings.echoAppID {
            events.append(webhook.echo(of: messageID, item.text, metadata: item.key, to: psid, appID: appID, url: url, at: now))
        }
        events += [webhook.delivery(of: messageID, to: psid, url: url, at: now)]
        if settings.sendsReads { events.append(webhook.read(by: psid, url: url, at: now)) }
        return events
    }

    /// The webhook call for a message that a person writes; opens the window for 24 hours. Nil without a callback URL.
    package func inbound(from psid: String, text: String, now: Timestamp) -> ProviderCallback? {
        windows.open(psid, until: now + .seconds(86_400))
        return settings.callbackURL.map { webhook.message(text, from: psid, id: "m_" + ids.hex(), url: $0, at: now) }
    }

    package func answer(to fault: Fault.Refusal, _ verdict: Verdict, now: Timestamp) -> ProviderAnswer? {
        switch fault {
        case .gone: return GraphError.noMatchingUser.answer(trace: ids.hex())
        case .throttled(let seconds):
            // The Graph API knows no Retry-After: it tells minutes in this header (Meta, "Rate limits").
            let minutes = ((seconds ?? 60) + 59) / 60
            var usage = JSONObject()
            usage[settings.pageID] = [[
                "type": "messenger", "call_count": 100, "total_cputime": 25, "total_time": 25,
                "estimated_time_to_regain_access": JSONValue(minutes),
            ]]
            return GraphError(613, nil, "(#613) Calls to this api have exceeded the rate limit.")
                .answer(trace: ids.hex(), headers: [("X-Business-Use-Case-Usage", JSONValue.object(usage).text)])
        case .internalError: return GraphError(1, nil, "An unknown error occurred").answer(trace: ids.hex())
        case .unavailable: return GraphError(2, nil, "Service temporarily unavailable").answer(trace: ids.hex())
        case .named(let name):
            let parts = name.split(separator: "/").map { $0.decimal.flatMap { Int(exactly: $0) } }
            guard let first = parts.first, let code = first, parts.count <= 2 else { return nil }
            let subcode = parts.count == 2 ? parts[1] : nil
            return GraphError(code, subcode, "(#\(code)) Asked for").answer(trace: ids.hex())
        }
    }
}
