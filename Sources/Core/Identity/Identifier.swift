/// The name of a row, as the API writes it: a prefix and the row's number (`cmp_12`). Each kind is its own type.
package protocol Identifier: Sendable, Hashable, CustomStringConvertible {
    static var prefix: String { get }
    var rawValue: Int64 { get }
    init(rawValue: Int64)
}

extension Identifier {
    package var description: String { "\(Self.prefix)_\(rawValue)" }

    /// Nil for any text that `description` would not have written.
    package init?(_ text: String) {
        let start = Self.prefix + "_"
        guard text.utf8.starts(with: start.utf8) else { return nil }
        let digits = text.utf8.dropFirst(start.utf8.count)
        guard digits.first != UInt8(ascii: "0"), let number = Substring(digits).decimal else { return nil }
        self.init(rawValue: number)
    }
}

package struct ProfileID: Identifier {
    package static let prefix = "prf"
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct SubscriptionID: Identifier {
    package static let prefix = "sub"
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct SegmentID: Identifier {
    package static let prefix = "seg"
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct CampaignID: Identifier {
    package static let prefix = "cmp"
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct MessageID: Identifier {
    package static let prefix = "msg"
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

/// One sending of a campaign, its launch or a test send, or of a message.
package struct RunID: Identifier {
    package static let prefix = "run"
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct DeliveryID: Identifier {
    package static let prefix = "dlv"
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct KeyID: Identifier {
    package static let prefix = "key"
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct WebhookID: Identifier {
    package static let prefix = "whk"
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

/// One event on its way to one webhook.
package struct WebhookDeliveryID: Identifier {
    package static let prefix = "whd"
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct ImportID: Identifier {
    package static let prefix = "imp"
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

/// The body of an import that goes on after its answer.
package struct UploadID: Identifier {
    package static let prefix = "upl"
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}
