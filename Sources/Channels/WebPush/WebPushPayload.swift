internal import Core

/// The plaintext of a web push: Declarative Web Push JSON, which Safari shows without a service worker
/// and every other browser hands to the worker's `push` event. One payload serves all of them.
///
///     {"web_push":8030,
///      "notification":{"title":…,"body":…,"navigate":…,"lang":…,"tag":…,"image":…,"data":{…},"app_badge":…,"mutable":…},
///      "app_badge":…,"mutable":…}
///
/// `app_badge` and `mutable` stand at both places: inside `notification` for Safari 18.4 and 18.5, at the
/// top since WebKit's change of May 2025 and in the Push API draft. `web_push` is left out when the
/// message has no absolute `url`: `navigate` is required of a declarative message, and WebKit hands one
/// without the marker to the worker as an ordinary push.
enum WebPushPayload {
    static func bytes(of message: Message, options: WebPushOptions) -> [UInt8] {
        // A title is required and may not be empty.
        let title = message.title.flatMap { $0.isEmpty ? nil : $0 }
        var notification: JSONObject = ["title": .string(title ?? message.body)]
        if title != nil { notification["body"] = .string(message.body) }
        let target = message.url.flatMap { AbsoluteURL.isValid($0) ? $0 : nil }
        if let target { notification["navigate"] = .string(target) }
        notification["lang"] = .string(message.language)
        // The same tag on every attempt: a message shown twice replaces itself.
        notification["tag"] = .string(message.collapseKey)
        if let image = message.image, AbsoluteURL.isValid(image) { notification["image"] = .string(image) }
        if !message.data.isEmpty {
            var data = JSONObject()
            for (name, value) in message.data { data[name] = .string(value) }
            notification["data"] = .object(data)
        }
        for member in options.notification { notification[member.name] = member.value }

        var payload = JSONObject()
        if target != nil { payload["web_push"] = 8030 }
        for (name, value) in [("app_badge", options.appBadge.map(JSONValue.int)), ("mutable", options.mutable.map(JSONValue.bool))] {
            notification[name] = value
            payload[name] = value
        }
        payload["notification"] = .object(notification)
        return JSONValue.object(payload).bytes
    }

    /// Hides the length in steps of 256 bytes, up to a body of 2,662: Firefox for Android is reached through a
    /// bridge that refuses bodies of more than about 2.7 KB. Longer messages go as they are.
    static func padding(of plaintextBytes: Int) -> Int {
        let withDelimiter = plaintextBytes + 1
        let padded = (withDelimiter + 255) / 256 * 256
        return padded <= 2_560 ? padded - withDelimiter : 0
    }
}
