internal import Core

/// The `message` of a Send API request, or why there is none.
enum MessengerContent {
    case message(JSONObject)
    case refused(Reason, detail: String)

    /// A free-form message: text, with its link as a button where the text is short enough for a button template and
    /// as a line of its own where it is not; quick replies at the end.
    static func free(_ message: Message, _ profile: MessengerProfile) -> MessengerContent {
        var text = [message.title, message.body].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "\n")
        var parts: JSONObject = [:]
        if let url = message.url, isWeb(url), !text.isEmpty, text.utf16.count <= profile.maxButtonText {
            let title = message.options["button_title"]?.string ?? profile.buttonTitle(for: message.language)
            parts["attachment"] = [
                "type": "template",
                "payload": [
                    "template_type": "button", "text": .string(text),
                    "buttons": [["type": "web_url", "url": .string(url), "title": .string(title)]],
                ],
            ]
        } else {
            if let url = message.url { text += text.isEmpty ? url : "\n" + url }
            guard !text.isEmpty else { return .refused(.languageMissing, detail: "the message has no text") }
            // Meta counts characters; UTF-16 units are never fewer.
            guard text.utf16.count <= profile.maxText else {
                return .refused(.payloadTooLarge, detail: "\(text.utf16.count) characters, at most \(profile.maxText)")
            }
            parts["text"] = .string(text)
        }
        if let replies = message.options["quick_replies"]?.array, !replies.isEmpty {
            parts["quick_replies"] = .array(replies.map { reply in
                var reply = reply.object ?? [:]
                if reply["content_type"] == nil { reply["content_type"] = "text" }
                return .object(reply)
            })
        }
        return .message(parts)
    }

    private static func isWeb(_ url: String) -> Bool {
        ["http://", "https://"].contains(where: url.asciiLowercased.hasPrefix)
    }
}
