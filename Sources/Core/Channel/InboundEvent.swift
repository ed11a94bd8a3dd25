/// A provider's call to `/hooks/{account}`, as it came over the wire.
package struct Callback: Sendable {
    /// `GET` or `POST`.
    package let method: String
    /// The URL under which the provider called us, with its query: `public_url` + target.
    package let url: String
    package let query: [(name: String, value: String)]
    /// Names in lower case.
    package let headers: [(name: String, value: String)]
    /// The raw bytes: signatures are checked over them before anything is parsed.
    package let body: [UInt8]

    package init(method: String, url: String, query: [(name: String, value: String)],
                 headers: [(name: String, value: String)], body: [UInt8]) {
        self.method = method
        self.url = url
        self.query = query
        self.headers = headers
        self.body = body
    }

    package func header(_ lowercaseName: String) -> String? {
        headers.first { $0.name == lowercaseName }?.value
    }

    package func query(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

/// Verifies and reads provider callbacks of one account. Stateless and pure; any thread may call it.
package protocol CallbackReceiver: Sendable {
    var account: Account { get }
    func receive(_ callback: Callback, now: Timestamp) -> CallbackResult
}

/// What to answer, once `events` are committed.
package struct CallbackResult: Sendable {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]
    package var events: [InboundEvent]

    package init(status: Int, contentType: String = "text/plain; charset=utf-8", body: [UInt8] = [],
                 events: [InboundEvent] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.events = events
    }
}

/// What a provider tells us about a message or a person.
package struct InboundEvent: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// The tail of a delivery: moves `accepted`/`unknown` on, never backwards.
        case status(DeliveryReference, DeliveryState, detail: String)
        /// Everything sent to the address up to then is delivered (Messenger's watermark).
        case watermark(DeliveryState, upTo: Timestamp)
        /// The person wrote or tapped; the channel's free window is open until then.
        case message(text: String?, windowExpiresAt: Timestamp?)
        /// The person agreed; `reference` is what the opt-in carried (`ref`, `payload`).
        case optIn(reference: String?, windowExpiresAt: Timestamp?)
        /// The person refused; `evidence` is the keyword or event that says so.
        case optOut(evidence: String)
        /// The address does not exist (any more), found out after the message was accepted.
        case addressInvalid(detail: String)
        /// The provider speaks about the account itself; `blocked` must stop everything through it.
        case account(AccountNotice, detail: String)
    }

    /// The provider's own id of this event, for de-duplication; unique within the account.
    package let id: String
    package let kind: Kind
    /// The person's address on this account (`Address.identity`); nil when the event names only a message.
    package let address: String?
    package let at: Timestamp

    package init(id: String, kind: Kind, address: String?, at: Timestamp) {
        self.id = id
        self.kind = kind
        self.address = address
        self.at = at
    }
}

/// What a provider says about an account's right to send.
package enum AccountNotice: String, Sendable {
    case warning, blocked, unblocked
}

/// How a callback names a delivery: by our id, which we put into the callback URL or the message, or by the provider's.
package enum DeliveryReference: Sendable, Equatable {
    case delivery(DeliveryID)
    case provider(String)
}
