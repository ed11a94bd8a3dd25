import Core

/// Reads the `aps` dictionary as a device would (Apple, "Generating a remote notification").
enum APNsAlert {
    /// Title, subtitle and body, a line each.
    static func text(of aps: JSONObject) -> String? {
        switch aps["alert"] {
        case .string(let text): return text
        case .object(let alert):
            let lines = ["title", "subtitle", "body"].compactMap { alert[$0]?.string }
            return lines.isEmpty ? nil : lines.joined(separator: "\n")
        default: return nil
        }
    }

    /// What a device ignores: keys that Apple does not know, and values of the wrong type.
    static func remarks(on aps: JSONObject) -> [String] {
        var remarks: [String] = []
        for member in aps.members {
            guard let isRight = known[member.name] else {
                remarks.append("aps.\(member.name) is not a key that Apple knows: it is ignored")
                continue
            }
            if !isRight(member.value) { remarks.append("aps.\(member.name) has the wrong type: it is ignored") }
        }
        if case .object(let alert) = aps["alert"] {
            for member in alert.members where !alertKeys.contains(member.name) {
                remarks.append("aps.alert.\(member.name) is not a key that Apple knows: it is ignored")
            }
        }
        return remarks
    }

    private static let alertKeys: Set<String> = [
        "title", "subtitle", "body", "launch-image", "title-loc-key", "title-loc-args", "subtitle-loc-key",
        "subtitle-loc-args", "loc-key", "loc-args", "action-loc-key", "summary-arg", "summary-arg-count", "sound",
    ]

    private static let isString: @Sendable (JSONValue) -> Bool = { $0.string != nil }
    private static let isNumber: @Sendable (JSONValue) -> Bool = { $0.number != nil }
    private static let isInteger: @Sendable (JSONValue) -> Bool = { $0.int != nil }
    private static let isOne: @Sendable (JSONValue) -> Bool = { $0 == .int(1) }
    private static let isObject: @Sendable (JSONValue) -> Bool = { $0.object != nil }
    private static let isStringOrObject: @Sendable (JSONValue) -> Bool = { $0.string != nil || $0.object != nil }

    private static let known: [String: @Sendable (JSONValue) -> Bool] = [
        "alert": isStringOrObject, "badge": isInteger, "sound": isStringOrObject, "thread-id": isString,
        "category": isString, "content-available": isOne, "mutable-content": isOne, "target-content-id": isString,
        "interruption-level": { ["passive", "active", "time-sensitive", "critical"].contains($0.string) },
        "relevance-score": isNumber, "filter-criteria": isString, "stale-date": isInteger, "content-state": isObject,
        "timestamp": isInteger, "event": isString, "dismissal-date": isInteger, "attributes-type": isString,
        "attributes": isObject, "input-push-channel": isString, "input-push-token": isOne,
        "content-changed": { $0 == .bool(true) }, "url-args": { $0.array != nil },
    ]
}
