import Core
import Storage

/// What a body says of a webhook: every field may be missing here.
enum WebhookInput {
    static let maxURLBytes = 2_048
    static let maxDescriptionBytes = 512

    static func read(_ reader: inout ObjectReader, allowsPrivate: Bool) -> WebhookChange {
        var change = WebhookChange()
        if let url = reader.string("url", maxBytes: maxURLBytes) {
            if let refusal = refusal(of: url, allowsPrivate: allowsPrivate) { reader.fail("url", "invalid_value", refusal) }
            change.url = url
        }
        change.events = events(&reader)
        change.description = reader.string("description", maxBytes: maxDescriptionBytes)
        return change
    }

    /// Where it leads is looked at again when it is connected to.
    private static func refusal(of url: String, allowsPrivate: Bool) -> String? {
        guard allowsPrivate else { return EndpointPolicy.refusal(of: url, allowsPrivate: false) }
        let rest = ["https://", "http://"].first(where: url.hasPrefix).map { url.utf8.dropFirst($0.utf8.count) }
        let isFine = rest.map { !$0.isEmpty && $0.first != UInt8(ascii: "/") && $0.allSatisfy { $0 > 0x20 && $0 < 0x7F } } ?? false
        return isFine ? nil : "must be an https or http URL in ASCII"
    }

    private static func events(_ reader: inout ObjectReader) -> [WebhookEvent]? {
        guard let words = reader.strings("events", maxCount: 50, maxBytes: 64) else { return nil }
        guard !words.isEmpty else {
            reader.fail("events", "invalid_value", "must name at least one event")
            return nil
        }
        let offered = WebhookEvent.offered.map(\.rawValue)
        var events: [WebhookEvent] = []
        for (index, word) in words.enumerated() {
            if let event = WebhookEvent.offered.first(where: { $0.rawValue == word }) {
                events.append(event)
            } else {
                reader.errors.add(JSONPointer.join(reader.pointer(to: "events"), index), "invalid_value",
                                  "must be one of \(offered.joined(separator: ", "))\(Suggestion.text(for: word, among: offered))")
            }
        }
        return events
    }
}
