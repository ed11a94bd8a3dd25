/// One message to send.
package struct TransferRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    package var method: Method
    /// Absolute, `http` or `https`, already percent-encoded.
    package var url: String
    /// The lines of this message alone.
    package var headers: [(name: String, value: String)]
    /// The lines that an account sends with every message, made once.
    package var commonHeaders: HeaderList?
    package var body: [UInt8]
    /// Whether the peer may see this request twice.
    ///
    /// libcurl re-sends a request without a body when a kept-alive connection dies before the answer.
    /// False takes a new connection instead, because only reused ones are retried. A request with a
    /// body is never re-sent, whatever this says, unless the peer declared that it did not look at it.
    package var mayRepeat: Bool

    /// - Parameter mayRepeat: nil goes by the method: GET and DELETE may. A gateway where GET sends must say no.
    package init(
        _ method: Method, _ url: String, headers: [(name: String, value: String)] = [],
        commonHeaders: HeaderList? = nil, body: [UInt8] = [], mayRepeat: Bool? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.commonHeaders = commonHeaders
        self.body = body
        self.mayRepeat = mayRepeat ?? (method == .get || method == .delete)
    }
}
