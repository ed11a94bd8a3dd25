package import Core

/// What a simulated provider knows of one message it was sent.
package struct Receipt: Sendable, Equatable {
    /// Counts every message of this sandbox, from 1, in the order in which they were answered.
    package let sequence: Int
    package let at: Timestamp
    package let channel: Channel
    package let item: Verdict.Item
    /// The status that was answered, or 0 when the connection was cut instead.
    package let status: Int
    /// Whether the message is on its way to the person.
    package let isTaken: Bool

    package var json: JSONValue {
        .object([
            "sequence": JSONValue(sequence), "at": .int(at.milliseconds), "channel": .string(channel.rawValue),
            "address": .string(item.address), "key": JSONValue(item.key), "collapse": JSONValue(item.collapse),
            "text": JSONValue(item.text), "status": JSONValue(status), "taken": .bool(isTaken),
            "remarks": .array(item.remarks.map(JSONValue.string)),
        ])
    }
}
