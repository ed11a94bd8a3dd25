/// Speaks one provider's protocol for one account: builds requests and classifies replies, never sends and never
/// reads the clock. Owned by one sender thread, so its credential caches are plain state.
package protocol ChannelAdapter: AnyObject {
    var account: Account { get }
    var deliveryClass: DeliveryClass { get }
    /// What a refused configuration or a dead connection speaks for: the account, or (where each recipient brings a
    /// server of its own) only that origin.
    var faultScope: RetryScope { get }
    /// How long the provider wants traffic to take from a fifth of the full rate to all of it after a pause; zero for at once.
    var ramp: Duration { get }

    /// The request whose reply must be accepted before messages can go (FCM's OAuth token), or nil when ready.
    /// Asked before every message, so it must be cheap; it repeats itself until `acceptCredential` has settled it.
    func credentialRequest(now: Timestamp) -> OutboundRequest?

    /// Takes the reply to `credentialRequest`. `.accepted` means messages can go now.
    func acceptCredential(_ reply: ProviderReply, now: Timestamp) -> Outcome

    /// The request that carries the message, or why this recipient cannot get it. Pure but for credential caches.
    func prepare(_ message: Message, to recipient: Recipient, now: Timestamp) -> PreparedMessage

    /// What the provider's answer to that message means.
    func outcome(of reply: ProviderReply, now: Timestamp) -> Outcome
}

extension ChannelAdapter {
    package var faultScope: RetryScope { .account }

    package var ramp: Duration { .zero }

    package func credentialRequest(now: Timestamp) -> OutboundRequest? { nil }

    package func acceptCredential(_ reply: ProviderReply, now: Timestamp) -> Outcome { .accepted(providerID: nil) }
}

package enum PreparedMessage: Sendable {
    case request(OutboundRequest)
    /// The recipient is skipped with this reason; `detail` holds no personal data.
    case refused(Reason, detail: String)
}

/// One HTTP request to a provider.
package struct OutboundRequest: Sendable {
    package enum Method: String, Sendable { case GET, POST }

    package var method: Method
    package var url: String
    /// Names in the case the provider documents; no `Content-Length`, no `Expect`.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(_ method: Method, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// A provider's whole answer. It comes from outside: any byte of it may be hostile.
package struct ProviderReply: Sendable {
    package let status: Int
    /// At most 64 KiB; the rest was cut off.
    package let body: [UInt8]
    private let lookUp: @Sendable (_ lowercaseName: String) -> String?

    /// - Parameter lookUp: the value of the first header of a name; most answers are never asked.
    package init(status: Int, body: [UInt8], lookUp: @escaping @Sendable (_ lowercaseName: String) -> String?) {
        self.status = status
        self.body = body
        self.lookUp = lookUp
    }

    /// - Parameter headers: names in lower case.
    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.init(status: status, body: body) { name in headers.first { $0.name == name }?.value }
    }

    package func header(_ lowercaseName: String) -> String? { lookUp(lowercaseName) }

    /// The body as JSON, or nil when it is not acceptable JSON.
    package var json: JSONValue? { try? JSONValue(parsing: body) }

    /// `Retry-After` (RFC 9110 section 10.2.3), in seconds or as an HTTP date; at most one hour.
    package func retryAfter(now: Timestamp) -> Duration? {
        guard let text = header("retry-after") else { return nil }
        let wait = text.decimal.map { Duration.seconds(min($0, 3_600)) } ?? Timestamp(httpDate: text).map { $0 - now }
        return wait.map { min(max($0, .zero), .seconds(3_600)) }
    }
}

extension JSONValue {
    /// A provider's own id: 1 to 512 bytes without U+0000, which SQLite would take for its end.
    package var providerID: String? { string.flatMap { (1...512).contains($0.utf8.count) && !$0.containsNUL ? $0 : nil } }
}
