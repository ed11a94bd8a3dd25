import Core

/// The limits of a `message` object (Meta, Send API reference and template pages). Lengths are in characters;
/// Meta does not say of which kind, so Unicode scalars are counted.
enum MessengerContent {
    static func problem(with message: JSONObject) -> GraphError? {
        let text = message["text"]
        let attachment = message["attachment"]
        guard (text != nil) != (attachment != nil) else {
            return .invalid(text == nil ? "Must include text or attachment in message"
                : "Must not include both text and attachment in message")
        }
        if let text {
            guard let text = text.string, !text.isEmpty else { return .invalid("Param message[text] must be a non-empty string") }
            if let problem = tooLong(text, 2_000, "message[text]") { return problem }
        }
        if let attachment, let problem = problem(withAttachment: attachment) { return problem }
        if let metadata = message["metadata"] {
            guard let metadata = metadata.string else { return .invalid("Param message[metadata] must be a string") }
            if let problem = tooLong(metadata, 1_000, "message[metadata]") { return problem }
        }
        return quickReplies(message["quick_replies"])
    }

    /// What the person reads, for the receipts.
    static func text(of message: JSONObject) -> String? {
        if let text = message["text"]?.string { return text }
        let payload = message["attachment"]?["payload"]
        if let text = payload?["text"]?.string { return text }
        if let elements = payload?["elements"]?.array {
            let lines = elements.flatMap { [$0["title"]?.string, $0["subtitle"]?.string].compactMap { $0 } }
            return lines.joined(separator: "\n")
        }
        return payload?["url"]?.string ?? message["template"]?["name"]?.string
    }

    private static func tooLong(_ text: String, _ limit: Int, _ name: String) -> GraphError? {
        text.unicodeScalars.count <= limit
            ? nil : .invalid("Length of param \(name) must be less than or equal to \(limit)")
    }

    private static func quickReplies(_ value: JSONValue?) -> GraphError? {
        guard let value else { return nil }
        guard let replies = value.array, (1...13).contains(replies.count) else {
            return .invalid("Param message[quick_replies] must hold 1 to 13 quick replies")
        }
        for reply in replies {
            switch reply["content_type"]?.string {
            case "text":
                guard let title = reply["title"]?.string, !title.isEmpty else {
                    return GraphError(100, 2_018_053, "(#100) Quick reply title is required")
                }
                if let problem = tooLong(title, 20, "quick_replies[title]") { return problem }
                guard let payload = reply["payload"]?.string, !payload.isEmpty else {
                    return GraphError(100, 2_018_040, "(#100) Quick reply payload is required")
                }
                if let problem = tooLong(payload, 1_000, "quick_replies[payload]") { return problem }
            case "user_phone_number", "user_email": continue
            default: return .invalid("Param quick_replies[content_type] must be one of text, user_phone_number, user_email")
            }
        }
        return nil
    }

    private static func problem(withAttachment attachment: JSONValue) -> GraphError? {
        guard let payload = attachment["payload"]?.object else { return .invalid("Param attachment[payload] is required") }
        switch attachment["type"]?.string {
        case "image", "audio", "video", "file":
            let url = payload["url"]?.string
            guard (url != nil) != (payload["attachment_id"] != nil) else {
                return .invalid("Exactly one of url and attachment_id is required in attachment[payload]")
            }
            return url.map(isURL) == false ? GraphError(100, 2_018_041, "(#100) Attachment URL is not valid") : nil
        case "template": return problem(withTemplate: payload)
        default: return .invalid("Param attachment[type] must be one of audio, file, image, video, template")
        }
    }

    private static func problem(withTemplate payload: JSONObject) -> GraphError? {
        switch payload["template_type"]?.string {
        case "button":
            guard let text = payload["text"]?.string, !text.isEmpty else { return .invalid("Button template text is required") }
            return tooLong(text, 640, "text") ?? buttons(payload["buttons"], isRequired: true)
        case "generic":
            guard let elements = payload["elements"]?.array, (1...10).contains(elements.count) else {
                return .invalid("Generic template must hold 1 to 10 elements")
            }
            return elements.lazy.compactMap(problem(withElement:)).first
        case "media":
            guard let elements = payload["elements"]?.array, elements.count == 1, let media = elements[0]["media_type"]?.string,
                media == "image" || media == "video", (elements[0]["attachment_id"] != nil) != (elements[0]["url"] != nil)
            else { return .invalid("Media template must hold one element with media_type and one of attachment_id and url") }
            return buttons(elements[0]["buttons"], isRequired: false)
        case "receipt":
            for name in ["recipient_name", "order_number", "currency", "payment_method"] where payload[name]?.string == nil {
                return .invalid("Receipt template \(name) is required")
            }
            return payload["summary"]?["total_cost"]?.number == nil ? .invalid("Receipt template summary[total_cost] is required") : nil
        case "one_time_notif_req", "notification_messages":
            guard let title = payload["title"]?.string, !title.isEmpty else { return .invalid("Template title is required") }
            return tooLong(title, 65, "title") ?? (payload["payload"]?.string == nil ? .invalid("Template payload is required") : nil)
        case let type?: return .invalid("Unknown template_type \(type)")
        case nil: return .invalid("Param payload[template_type] is required")
        }
    }

    private static func problem(withElement element: JSONValue) -> GraphError? {
        guard let object = element.object, let title = object["title"]?.string, !title.isEmpty else {
            return GraphError(100, 2_018_053, "(#100) Element title is required")
        }
        if let problem = tooLong(title, 80, "title") { return problem }
        if let subtitle = object["subtitle"]?.string, let problem = tooLong(subtitle, 80, "subtitle") { return problem }
        guard object.members.count > 1 else { return .invalid("Element must have at least one property besides title") }
        if let action = object["default_action"] {
            guard action["type"]?.string == "web_url", action["title"] == nil, action["url"]?.string.map(isURL) == true else {
                return .invalid("Element default_action must be a web_url without a title")
            }
        }
        return buttons(object["buttons"], isRequired: false)
    }

    private static func buttons(_ value: JSONValue?, isRequired: Bool) -> GraphError? {
        guard let value else { return isRequired ? .invalid("Param buttons is required") : nil }
        guard let buttons = value.array, (1...3).contains(buttons.count) else {
            return .invalid("Param buttons must hold 1 to 3 buttons")
        }
        return buttons.lazy.compactMap(problem(withButton:)).first
    }

    private static func problem(withButton button: JSONValue) -> GraphError? {
        let type = button["type"]?.string
        if type != "account_link", type != "account_unlink" {
            guard let title = button["title"]?.string, !title.isEmpty else {
                return GraphError(100, 2_018_053, "(#100) Button title is required")
            }
            if let problem = tooLong(title, 20, "title") { return problem }
        }
        switch type {
        case "web_url":
            guard button["url"]?.string.map(isURL) == true else { return GraphError(100, 2_018_041, "(#100) Button URL is not valid") }
            if let height = button["webview_height_ratio"], !["compact", "tall", "full"].contains(height.string) {
                return .invalid("Param webview_height_ratio must be one of compact, tall, full")
            }
            return nil
        case "postback":
            guard let payload = button["payload"]?.string, !payload.isEmpty else {
                return GraphError(100, 2_018_040, "(#100) Button payload is required")
            }
            return tooLong(payload, 1_000, "payload")
        case "phone_number":
            return button["payload"]?.string?.hasPrefix("+") == true ? nil : .invalid("Button payload must be a phone number with +")
        case "account_link": return button["url"]?.string.map(isURL) == true ? nil : .invalid("Button URL is not valid")
        case "account_unlink": return nil
        default: return .invalid("Param buttons[type] is not a known button type")
        }
    }

    private static func isURL(_ text: String) -> Bool {
        ["https://", "http://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
