import Core

/// What FCM checks in a message that has the right shape (Firebase, REST reference and "FCM error codes").
///
/// Names may come in either case: values are read through `member`.
struct FCMRules {
    let message: JSONObject

    /// The member of that snake-case name, in whichever case it was written; null counts as absent.
    static func member(_ object: JSONObject?, _ snakeName: String) -> JSONValue? {
        object?.members.first { ProtoShape.snake($0.name) == snakeName && $0.value != .null }?.value
    }

    private func object(_ name: String) -> JSONObject? { FCMRules.member(message, name)?.object }

    /// The one target: which field names it, and its value.
    var target: (field: String, value: String)? {
        let targets = ["fid", "token", "topic", "condition"].compactMap { field in
            FCMRules.member(message, field)?.string.map { (field: field, value: $0) }
        }
        return targets.count == 1 ? targets[0] : nil
    }

    func violation() -> FCMError.Violation? {
        guard let target else {
            return .init(field: "message", description: "Exactly one of fid, token, topic or condition must be set")
        }
        return violation(of: target) ?? dataViolation() ?? androidViolation() ?? apnsViolation() ?? webpushViolation()
            ?? labelViolation() ?? sizeViolation(limit: target.field == "topic" || target.field == "condition" ? 2_048 : 4_096)
    }

    private func violation(of target: (field: String, value: String)) -> FCMError.Violation? {
        let bytes = target.value.utf8
        let isRight = switch target.field {
        // Tokens are opaque, but none is short: an instance id of 22 characters, a colon, and a long secret.
        case "token": bytes.count >= 32 && bytes.count <= 4_096 && bytes.allSatisfy { FCMRules.isWord($0) || $0 == UInt8(ascii: ":") }
        case "fid": bytes.count == 22 && bytes.allSatisfy(FCMRules.isWord)
        case "topic": !bytes.isEmpty && bytes.allSatisfy { FCMRules.isWord($0) || ".~%".utf8.contains($0) }
        default: FCMRules.isCondition(target.value)
        }
        guard !isRight else { return nil }
        return .init(field: "message.\(target.field)", description: target.field == "token"
            ? "The registration token is not a valid FCM registration token" : "Invalid \(target.field)")
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte.isASCIIDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    /// `'a' in topics && ('b' in topics || …)` of at most five topics: counted, not parsed.
    private static func isCondition(_ text: String) -> Bool {
        let quotes = text.utf8.count { $0 == UInt8(ascii: "'") }
        return quotes >= 2 && quotes % 2 == 0 && quotes <= 10
    }

    private func dataViolation() -> FCMError.Violation? {
        for (name, map) in [("data", object("data")), ("android.data", FCMRules.member(object("android"), "data")?.object)] {
            for member in map?.members ?? [] {
                let isReserved = member.name == "from" || member.name == "message_type"
                    || member.name.hasPrefix("google") || member.name.hasPrefix("gcm")
                if isReserved {
                    return .init(field: "message.\(name)", description: "Invalid data payload key: \(member.name)")
                }
            }
        }
        return nil
    }

    private func androidViolation() -> FCMError.Violation? {
        guard let android = object("android") else { return nil }
        if let ttl = FCMRules.member(android, "ttl")?.string, let seconds = ProtoShape.seconds(ofDuration: ttl), seconds > 2_419_200 {
            return .init(field: "message.android.ttl", description: "Invalid ttl: at most 2419200 seconds (4 weeks)")
        }
        let notification = FCMRules.member(android, "notification")?.object
        if let color = FCMRules.member(notification, "color")?.string {
            let digits = color.utf8.dropFirst()
            guard color.utf8.first == UInt8(ascii: "#"), digits.count == 6, digits.allSatisfy({ $0.hexDigit != nil }) else {
                return .init(field: "message.android.notification.color", description: "Invalid color: must be #rrggbb")
            }
        }
        for (arguments, key) in [("body_loc_args", "body_loc_key"), ("title_loc_args", "title_loc_key")]
        where FCMRules.member(notification, arguments) != nil && FCMRules.member(notification, key) == nil {
            return .init(field: "message.android.notification.\(key)", description: "\(key) is required with \(arguments)")
        }
        return nil
    }

    private func apnsViolation() -> FCMError.Violation? {
        guard let payload = FCMRules.member(object("apns"), "payload")?.object else { return nil }
        guard payload["aps"]?.object != nil else {
            return .init(field: "message.apns.payload.aps", description: "Invalid value for aps: must be an object")
        }
        guard JSONValue.object(payload).bytes.count <= 4_096 else {
            return .init(field: "message.apns.payload", description: "APNS payload is too big")
        }
        return nil
    }

    private func webpushViolation() -> FCMError.Violation? {
        guard let webpush = object("webpush") else { return nil }
        if let link = FCMRules.member(FCMRules.member(webpush, "fcm_options")?.object, "link")?.string, !link.hasPrefix("https://") {
            return .init(field: "message.webpush.fcm_options.link", description: "Invalid link: must be an HTTPS URL")
        }
        for header in FCMRules.member(webpush, "headers")?.object?.members ?? [] {
            let value = header.value.string ?? ""
            switch header.name.asciiLowercased {
            case "ttl" where value.decimal == nil:
                return .init(field: "message.webpush.headers", description: "Invalid TTL header")
            case "urgency" where !["very-low", "low", "normal", "high"].contains(value):
                return .init(field: "message.webpush.headers", description: "Invalid Urgency header")
            default: break
            }
        }
        return nil
    }

    /// `^[a-zA-Z0-9-_.~%]{1,50}$`
    private func labelViolation() -> FCMError.Violation? {
        let owners = [("", message), ("android.", object("android")), ("apns.", object("apns")), ("webpush.", object("webpush"))]
        for (prefix, owner) in owners {
            guard let label = FCMRules.member(FCMRules.member(owner, "fcm_options")?.object, "analytics_label")?.string else {
                continue
            }
            let bytes = label.utf8
            guard (1...50).contains(bytes.count), bytes.allSatisfy({ FCMRules.isWord($0) || ".~%".utf8.contains($0) }) else {
                return .init(field: "message.\(prefix)fcm_options.analytics_label", description: "Invalid analytics label")
            }
        }
        return nil
    }

    /// Keys and values of `data` and of the notification that Android would get.
    private func sizeViolation(limit: Int) -> FCMError.Violation? {
        let android = object("android")
        var size = 0
        let maps = [
            FCMRules.member(android, "data")?.object ?? object("data"), object("notification"),
            FCMRules.member(android, "notification")?.object,
        ]
        for member in maps.compactMap({ $0 }).flatMap(\.members) {
            size += member.name.utf8.count + (member.value.string?.utf8.count ?? member.value.bytes.count)
        }
        return size <= limit ? nil : .init(field: "message", description: "Android message is too big")
    }

    /// What the person would read: the notification's lines, or the data when there is none.
    var text: String? {
        let android = FCMRules.member(object("android"), "notification")?.object
        let common = object("notification")
        let lines = ["title", "body"].compactMap {
            FCMRules.member(android, $0)?.string ?? FCMRules.member(common, $0)?.string
        }
        if !lines.isEmpty { return lines.joined(separator: "\n") }
        if let alert = (FCMRules.member(object("apns"), "payload")?["aps"]?.object).flatMap(APNsAlert.text(of:)) { return alert }
        return object("data").map { JSONValue.object($0).text }
    }

    var collapse: String? {
        FCMRules.member(object("android"), "collapse_key")?.string
    }

    /// The sender's own id of the message, under the names that senders use for it.
    var key: String? {
        let data = object("data")
        let headers = FCMRules.member(object("apns"), "headers")?.object
        return headers?["apns-id"]?.string ?? data?["message_key"]?.string ?? data?["message_id"]?.string
    }
}
