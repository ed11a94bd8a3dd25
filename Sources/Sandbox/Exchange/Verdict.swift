/// What a simulator makes of one request: the answer, and what it saw of every message inside.
package struct Verdict: Sendable {
    /// One message to one address, as far as the request shows it.
    package struct Item: Sendable, Equatable {
        /// The address' identity; empty when the request did not get far enough to tell.
        package var address: String
        /// The sender's own name of the message (`apns-id`, `metadata`, the URL for status reports).
        package var key: String?
        /// What makes a later message replace this one.
        package var collapse: String?
        /// The text as the person would see it, decrypted, cut and transliterated as the provider would.
        package var text: String?
        /// What the real provider takes without a word and then degrades: a judge says it.
        package var remarks: [String]

        package init(address: String, key: String? = nil, collapse: String? = nil, text: String? = nil, remarks: [String] = []) {
            self.address = address
            self.key = key
            self.collapse = collapse
            self.text = text
            self.remarks = remarks
        }
    }

    package var answer: ProviderAnswer
    package var items: [Item]
    /// Whether the messages would be delivered: false for refusals, validations and credential requests.
    package var isTaken: Bool
    /// What the provider would tell the sender later, in this order.
    package var callbacks: [ProviderCallback]

    package static func taken(_ answer: ProviderAnswer, _ items: [Item], callbacks: [ProviderCallback] = []) -> Verdict {
        Verdict(answer: answer, items: items, isTaken: true, callbacks: callbacks)
    }

    package static func refused(_ answer: ProviderAnswer, _ item: Item = Item(address: "")) -> Verdict {
        Verdict(answer: answer, items: [item], isTaken: false, callbacks: [])
    }
}
