package import Core

/// What the Messenger channel asks of addresses and content options.
package struct MessengerRules: ChannelRules {
    private let profile: MessengerProfile

    package init(profile: MessengerProfile = MessengerProfile()) { self.profile = profile }

    package var channel: Channel { .messenger }

    /// A page-scoped id as a string of digits, or `{"user_ref": "…"}` of the checkbox plugin.
    package func address(from value: JSONValue, at pointer: String, errors: FieldErrors) -> Address? {
        switch value {
        case .string(let psid):
            guard MessengerID.isPSID(psid) else {
                errors.add(pointer, "invalid_value", "must be a page-scoped user id: a string of up to 32 digits")
                return nil
            }
            return .messenger(psid: psid)
        case .object(let object):
            var reader = ObjectReader(object, at: pointer, errors: errors)
            let reference = reader.requiredString("user_ref", maxBytes: 250)
            reader.finish()
            return reference.map { .messenger(psid: MessengerID.userRefPrefix + $0) }
        default:
            errors.add(pointer, "wrong_type",
                       "must be a page-scoped user id as a string, or {\"user_ref\": \"…\"}, not \(value.typeName)")
            return nil
        }
    }

    package func checkOptions(_ options: JSONObject, at pointer: String, errors: FieldErrors) {
        var reader = ObjectReader(options, at: pointer, errors: errors)
        _ = reader.choice("notification_type", of: NotificationType.self)
        checkButtonTitle(&reader)
        checkQuickReplies(&reader)
        checkUtilityTemplate(&reader)
        if let tag = reader.string("tag") { reader.fail("tag", "not_allowed", refusal(ofTag: tag)) }
        if reader.has("messaging_type") {
            reader.fail("messaging_type", "not_allowed", "is chosen by the purpose and the recipient's window; leave it out")
        }
        reader.finish()
    }

    /// Whether the sound and the vibration come with the message (Send API reference).
    private enum NotificationType: String, CaseIterable {
        case regular = "REGULAR"
        case silent = "SILENT_PUSH"
        case none = "NO_PUSH"
    }

    private func refusal(ofTag tag: String) -> String {
        if tag == "HUMAN_AGENT" { return "HUMAN_AGENT is for answers that a person writes; a campaign cannot use it" }
        if profile.deadTags.contains(tag) {
            return "\(tag) is refused by Meta since 2026-04-27; use utility_template for messages outside the window"
        }
        return "message tags are not used; use utility_template for messages outside the window"
    }

    private func checkButtonTitle(_ reader: inout ObjectReader) {
        let limit = profile.maxButtonTitle
        guard let title = reader.string("button_title"), title.isEmpty || title.utf16.count > limit else { return }
        reader.fail("button_title", "invalid_value", "must have 1 to \(limit) characters")
    }

    private func checkQuickReplies(_ reader: inout ObjectReader) {
        guard let replies = reader.array("quick_replies", maxCount: profile.maxQuickReplies) else { return }
        for (index, value) in replies.enumerated() {
            let pointer = JSONPointer.join(reader.pointer(to: "quick_replies"), index)
            guard var reply = ObjectReader(value, at: pointer, errors: reader.errors) else { continue }
            let kind = reply.has("content_type") ? reply.choice("content_type", of: QuickReply.self) : .text
            let title = kind == .text ? reply.requiredString("title") : reply.string("title")
            if let title, title.utf16.count > profile.maxQuickReplyTitle {
                reply.fail("title", "too_long", "must have at most \(profile.maxQuickReplyTitle) characters")
            }
            let payload = kind == .text ? reply.requiredString("payload", maxBytes: 4_000) : reply.string("payload")
            if let payload, payload.utf16.count > profile.maxQuickReplyPayload {
                reply.fail("payload", "too_long", "must have at most \(profile.maxQuickReplyPayload) characters")
            }
            if let image = reply.string("image_url"), !image.hasPrefix("https://") {
                reply.fail("image_url", "invalid_value", "must be an https URL")
            }
            reply.finish()
        }
    }

    private enum QuickReply: String, CaseIterable {
        case text
        case phoneNumber = "user_phone_number"
        case email = "user_email"
    }

    private func checkUtilityTemplate(_ reader: inout ObjectReader) {
        guard var template = reader.reader("utility_template") else { return }
        _ = template.requiredString("name", maxBytes: 512)
        if let language = template.requiredString("language", maxBytes: 35), !language.utf8.allSatisfy({
            $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }) {
            template.fail("language", "invalid_value", "must be the language code of the approved template, such as fr or en_US")
        }
        for (index, value) in (template.array("components", maxCount: 10) ?? []).enumerated() {
            let pointer = JSONPointer.join(template.pointer(to: "components"), index)
            guard var component = ObjectReader(value, at: pointer, errors: reader.errors) else { continue }
            _ = component.has("type") ? component.choice("type", of: UtilityTemplate.Component.self) : component.missing("type")
            for (index, value) in (component.array("parameters", maxCount: 30) ?? []).enumerated() {
                let pointer = JSONPointer.join(component.pointer(to: "parameters"), index)
                guard let parameter = ObjectReader(value, at: pointer, errors: reader.errors) else { continue }
                checkParameter(parameter)
            }
            component.finish()
        }
        template.finish()
    }

    private func checkParameter(_ parameter: ObjectReader) {
        var parameter = parameter
        if let type = parameter.string("type"), type != "text" {
            parameter.fail("type", "invalid_value", "must be text")
        }
        let text = parameter.string("text", maxBytes: 4_096)
        let field = parameter.string("field")
        _ = parameter.string("parameter_name")
        if let field, UtilityTemplate.Field(field) == nil {
            parameter.fail("field", "invalid_value", "must be title, body, url or data.<name>")
        }
        if (text == nil) == (field == nil) {
            parameter.errors.add(parameter.pointer, "invalid_value", "must have either text or field")
        }
        parameter.finish()
    }
}
