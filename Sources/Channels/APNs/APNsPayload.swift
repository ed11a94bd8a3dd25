internal import Core

/// The JSON of a notification: `aps` for the system, everything else beside it for the app.
///
///     {"aps":{"alert":{"title":…,"subtitle":…,"body":…},"badge":1,"mutable-content":1,…},
///      "image":…,"url":…,"app_url":…,"<custom>":"…"}
enum APNsPayload {
    /// Apple, "Generating a remote notification"; VoIP's 5,120 do not concern us.
    static let maximumBytes = 4_096

    static func bytes(of message: Message, options: APNsOptions) -> [UInt8] {
        var aps = JSONObject()
        if options.isBackground {
            aps["content-available"] = 1
        } else {
            var alert = JSONObject()
            if let title = message.title { alert["title"] = .string(title) }
            if let subtitle = message.subtitle { alert["subtitle"] = .string(subtitle) }
            alert["body"] = .string(message.body)
            if let image = options.launchImage { alert["launch-image"] = .string(image) }
            aps["alert"] = .object(alert)
        }
        for member in options.aps { aps[member.name] = member.value }
        // The app's service extension fetches the image; without this it never runs.
        if options.isMutable ?? (message.image != nil), !options.isBackground { aps["mutable-content"] = 1 }

        var payload: JSONObject = ["aps": .object(aps)]
        for (name, value) in message.data { payload[name] = .string(value) }
        if let image = message.image { payload["image"] = .string(image) }
        if let url = message.url { payload["url"] = .string(url) }
        if let url = message.appURL { payload["app_url"] = .string(url) }
        return JSONValue.object(payload).bytes
    }
}
