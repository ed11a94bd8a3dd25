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
        let texts = FCMPayload.texts(of: message)
        let data = FCMPayload.data(of: message, and: options.isDataOnly ? texts : [])

        var body = JSONObjectWriter(capacity: 1_024)
        body.open("message")
        body.add("token", token)
        if !options.isDataOnly { body.add("notification", texts) }
        if !data.isEmpty { body.add("data", data) }
        body.open("android")
        body.add("collapse_key", message.collapseKey)
        body.add("priority", (options.priority ?? (options.isDataOnly ? .normal : .high)) == .high ? "HIGH" : "NORMAL")
        body.add("ttl", "\(timeToLive)s")
        if let name = options.packageName { body.add("restricted_package_name", name) }
        if !options.isDataOnly {
            body.open("notification")
            // The same tag on every attempt: a message shown twice replaces itself.
            body.add("tag", options.notification.first { $0.name == "tag" }?.value ?? .string(message.collapseKey))
            for member in options.notification where member.name != "tag" { body.add(member.name, member.value) }
            body.close()
        }
        body.close()
        if let label = options.analyticsLabel { body.add("fcm_options", [("analytics_label", label)]) }
        body.close()
        self.body = body.finish()
        countedBytes = FCMPayload.bytes(in: data) + (options.isDataOnly ? 0 : FCMPayload.bytes(in: texts))
    }

    private static func texts(of message: Message) -> [(name: String, value: String)] {
        [("title", message.title), ("body", message.body), ("image", message.image)].compactMap { name, value in value.map { (name, $0) } }
    }

    /// The custom data; what this program puts there takes the place of a member of the same name.
    private static func data(of message: Message, and texts: [(name: String, value: String)]) -> [(name: String, value: String)] {
        let ours = [("url", message.url), ("app_url", message.appURL)].compactMap { name, value in value.map { (name, $0) } } + texts
        guard !message.data.isEmpty else { return ours }
        return message.data.filter { member in !ours.contains { $0.0 == member.name } }.map { ($0.name, $0.value) } + ours
    }

    private static func bytes(in members: [(name: String, value: String)]) -> Int {
        members.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    }

    /// Names that FCM keeps for itself; it refuses the message that uses one.
    static func isReserved(_ name: String) -> Bool {
        name == "from" || name == "message_type" || name.utf8.starts(with: "google".utf8)
            || name.utf8.starts(with: "gcm".utf8)
    }
}
