/// A way to reach a person. The raw value is the word used in SQL, JSON and the configuration.
package enum Channel: String, Sendable, Hashable, CaseIterable {
    case apns, fcm, webpush, messenger, whatsapp, line, wechat, sms, inapp

    /// Those that this version can deliver on; the other words are kept for the channels to come.
    package static let delivered: [Channel] = [.apns, .fcm, .webpush, .messenger, .sms]
}

/// A configured credential of a channel, known by the name the operator gave it (`ios-main`).
package struct Account: Sendable, Hashable {
    package let name: String
    package let channel: Channel

    package init(name: String, channel: Channel) {
        self.name = name
        self.channel = channel
    }
}

/// Why a message is sent; decides which policies apply.
package enum Purpose: String, Sendable, CaseIterable {
    case marketing, transactional, service
}
