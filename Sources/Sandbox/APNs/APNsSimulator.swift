package import Core

/// Apple's push service: `POST /3/device/{token}`, answered as the real one does.
///
/// Over HTTP/1.1, where Apple speaks HTTP/2 only: the transport is not what it judges. Any thread.
package final class APNsSimulator: Simulator {
    package let channel = Channel.apns
    private let settings: SandboxSettings.APNs
    private let tokens: APNsProviderTokens
    private let ids: ProviderIDs
    private let isKnown: @Sendable (String) -> Bool

    /// - Parameter isKnown: whether a lower-case device token exists.
    package init(
        settings: SandboxSettings.APNs, keys: [APNsKey], ids: ProviderIDs,
        isKnown: @escaping @Sendable (String) -> Bool
    ) {
        self.settings = settings
        self.ids = ids
        self.isKnown = isKnown
        tokens = APNsProviderTokens(keys: keys, freshTokens: settings.freshProviderTokens)
    }

    package func judge(_ request: ProviderRequest, now: Timestamp) -> Verdict {
        var item = Verdict.Item(address: "")
        let given = request.header("apns-id")
        let id = given.flatMap { APNsSimulator.isMessageID($0) ? $0 : nil } ?? ids.uuid()
        item.key = given
        item.collapse = request.header("apns-collapse-id")
        if let reason = refusal(request, &item, now: now) {
            return .refused(APNsSimulator.answer(reason, id: id, now: now), item)
        }
        return .taken(ProviderAnswer(200, headers: [("apns-id", id)]), [item])
    }

    package func answer(to fault: Fault.Refusal, _ verdict: Verdict, now: Timestamp) -> ProviderAnswer? {
        let id = verdict.answer.header("apns-id") ?? ids.uuid()
        let reason: APNsReason? = switch fault {
        case .gone: .unregistered
        case .throttled: .tooManyRequests
        case .internalError: .internalServerError
        case .unavailable: .serviceUnavailable
        case .named(let name): APNsReason(rawValue: name)
        }
        return reason.map { APNsSimulator.answer($0, id: id, now: now) }
    }

    /// `{"reason":…}`; with 410 also since when, in milliseconds.
    private static func answer(_ reason: APNsReason, id: String, now: Timestamp) -> ProviderAnswer {
        var body: JSONObject = ["reason": .string(reason.rawValue)]
        if reason.status == 410 { body["timestamp"] = .int(now.milliseconds) }
        return ProviderAnswer(reason.status, headers: [("apns-id", id)], json: .object(body))
    }

    private func refusal(_ request: ProviderRequest, _ item: inout Verdict.Item, now: Timestamp) -> APNsReason? {
        guard request.method == "POST" else { return .methodNotAllowed }
        guard request.segments.prefix(2) == ["3", "device"], request.segments.count <= 3 else { return .badPath }
        guard request.segments.count == 3, !request.segments[2].isEmpty else { return .missingDeviceToken }
        let token = request.segments[2].asciiLowercased
        item.address = token
        if hasDuplicate(request) { return .duplicateHeaders }
        if let reason = tokens.refusal(request, now: now) { return reason }
        guard token.utf8.count == 64, token.utf8.allSatisfy({ $0.hexDigit != nil }), isKnown(token) else {
            return .badDeviceToken
        }
        if let id = request.header("apns-id"), !APNsSimulator.isMessageID(id) { return .badMessageID }
        if let expiration = request.header("apns-expiration"), expiration.decimal == nil { return .badExpirationDate }
        if let collapse = request.header("apns-collapse-id"), collapse.utf8.count > 64 { return .badCollapseID }
        return typeRefusal(request, &item)
    }

    private func hasDuplicate(_ request: ProviderRequest) -> Bool {
        var seen: Set<String> = []
        return request.headers.contains { header in
            (header.name.hasPrefix("apns-") || header.name == "authorization") && !seen.insert(header.name).inserted
        }
    }

    private func typeRefusal(_ request: ProviderRequest, _ item: inout Verdict.Item) -> APNsReason? {
        guard let topic = request.header("apns-topic"), !topic.isEmpty else { return .missingTopic }
        guard topic.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || "-._".utf8.contains($0) }) else {
            return .badTopic
        }
        let (bundle, suffix) = APNsPushType.split(topic: topic)
        guard settings.bundleIDs.contains(bundle) else { return .topicDisallowed }
        var type: APNsPushType?
        if let name = request.header("apns-push-type") {
            guard let known = APNsPushType(rawValue: name), known.topicSuffix == suffix else { return .invalidPushType }
            type = known
        } else {
            item.remarks.append("no apns-push-type: devices with watchOS 6 and later refuse the message")
        }
        if let text = request.header("apns-priority") {
            guard let priority = text.decimal, [1, 5, 10].contains(priority), type?.allows(priority: priority) ?? true else {
                return .badPriority
            }
        } else if type?.allows(priority: 10) == false {
            return .badPriority
        }
        return payloadRefusal(request.body, type: type, &item)
    }

    private func payloadRefusal(_ body: [UInt8], type: APNsPushType?, _ item: inout Verdict.Item) -> APNsReason? {
        guard !body.isEmpty else { return .payloadEmpty }
        guard body.count <= (type?.maxPayloadBytes ?? 4_096) else { return .payloadTooLarge }
        // Apple documents no reason for a payload that is no JSON or has no `aps`: nothing in it can be shown.
        guard let payload = try? JSONValue(parsing: body), let aps = payload["aps"]?.object else { return .payloadEmpty }
        item.text = APNsAlert.text(of: aps)
        item.remarks += APNsAlert.remarks(on: aps)
        if let type, !type.fits(aps) { return .invalidPushType }
        return nil
    }

    /// The canonical form: 32 lower-case hexadecimal digits, 8-4-4-4-12.
    static func isMessageID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 36 && bytes.enumerated().allSatisfy { index, byte in
            [8, 13, 18, 23].contains(index)
                ? byte == UInt8(ascii: "-") : byte.isASCIIDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
    }
}
