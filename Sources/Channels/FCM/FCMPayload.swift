internal import Core

/// The body of `messages:send`.
///
///     {"message":{"token":…,
///       "notification":{"title":…,"body":…,"image":…},
///       "data":{"<custom>":"…","url":…,"app_url":…},
///       "android":{"collapse_key":…,"priority":"HIGH","ttl":"3600s","notification":{"tag":…,"channel_id":…}},
///       "fcm_options":{"analytics_label":…}}}
///
/// With `data_only` there is no `notification` at either place, and `data` carries `title`, `body` and `image`.
struct FCMPayload {
    /// Names and values of `data` and `notification` together (Firebase, "FCM error codes", INVALID_ARGUMENT).
    static let maximumBytes = 4_096
    /// Four weeks, also what FCM takes when none is given.
    static let maximumTimeToLive: Int64 = 2_419_200

    let body: [UInt8]
    /// What counts against `maximumBytes`.
    let countedBytes: Int

    /// - Parameter timeToLive: whole seconds.
    init(message: Message, token: String, timeToLive: Int64, options: FCMOptions) {
        var texts = JSONObject()
        if let title = message.title { texts["title"] = .string(title) }
        texts["body"] = .string(message.body)
        if let image = message.image { texts["image"] = .string(image) }

        var data = JSONObject()
        for (name, value) in message.data { data[name] = .string(value) }
        if let url = message.url { data["url"] = .string(url) }
        if let url = message.appURL { data["app_url"] = .string(url) }
        if options.isDataOnly { for member in texts.members { data[member.name] = member.value } }

        var android: JSONObject = [
            "collapse_key": .string(message.collapseKey),
            "priority": (options.priority ?? (options.isDataOnly ? .normal : .high)) == .high ? "HIGH" : "NORMAL",
            "ttl": .string("\(timeToLive)s"),
        ]
        if let name = options.packageName { android["restricted_package_name"] = .string(name) }
        if !options.isDataOnly {
            // The same tag on every attempt: a message shown twice replaces itself.
            var notification: JSONObject = ["tag": .string(message.collapseKey)]
            for member in options.notification { notification[member.name] = member.value }
            android["notification"] = .object(notification)
        }

        var content: JSONObject = ["token": .string(token)]
        if !options.isDataOnly { content["notification"] = .object(texts) }
        if !data.isEmpty { content["data"] = .object(data) }
        content["android"] = .object(android)
        if let label = options.analyticsLabel { content["fcm_options"] = ["analytics_label": .string(label)] }
        body = JSONValue.object(["message": .object(content)]).bytes
        countedBytes = FCMPayload.bytes(in: data) + (options.isDataOnly ? 0 : FCMPayload.bytes(in: texts))
    }

    private static func bytes(in object: JSONObject) -> Int {
        object.members.reduce(0) { $0 + $1.name.utf8.count + ($1.value.string?.utf8.count ?? 0) }
    }

    /// Names that FCM keeps for itself; it refuses the message that uses one.
    static func isReserved(_ name: String) -> Bool {
        name == "from" || name == "message_type" || name.utf8.starts(with: "google".utf8)
            || name.utf8.starts(with: "gcm".utf8)
    }
}
