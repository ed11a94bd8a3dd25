/// What all transfers of one `Multi` have in common.
package struct TransportOptions: Sendable {
    package enum HTTPVersion: Sendable {
        /// HTTP/2 by ALPN over TLS, else HTTP/1.1.
        case http2
        case http1
        /// HTTP/2 from the first byte, also without TLS.
        case http2PriorKnowledge
    }

    /// PEM file of trusted roots; nil takes the system's.
    package var caFile: String?
    package var httpVersion = HTTPVersion.http2
    /// Such as `http://proxy.example:3128`. nil goes direct: the environment is not asked.
    package var proxy: String?
    /// Name lookup, TCP and TLS.
    package var connectTimeoutMilliseconds = 10_000
    /// From `add` to the last byte of the answer, waiting for a connection included.
    package var totalTimeoutMilliseconds = 30_000
    /// A longer answer is cut here and marked as not whole.
    package var maxResponseBytes = 64 * 1024
    /// Answers per resolved address, right before the socket is made, whether to connect to it; nil allows all.
    ///
    /// With a proxy it is asked about the proxy. Runs on the owner's thread.
    package var allowsAddress: (@Sendable (PeerAddress) -> Bool)?
    /// Whether an `http` URL is refused: for URLs that strangers hand in.
    package var httpsOnly = false
    /// Start with one transfer alone until a first answer came, and again after a failure.
    ///
    /// Apple allows a token connection one stream until the first success. For one provider only:
    /// among many hosts a dead one would hold up the others.
    package var startsWithOne = false
    /// `host:port:address` lines that replace the name lookup (CURLOPT_RESOLVE).
    package var resolve: [String] = []
    /// `host:port:host:port` lines that connect elsewhere with the URL unchanged (CURLOPT_CONNECT_TO).
    package var connectTo: [String] = []

    package init() {}
}
