package import HTTPWire

/// Where to listen, and how much of everything there may be. All times are deadlines in milliseconds.
package struct ServerConfiguration: Sendable {
    /// IPv4 or IPv6 address to bind, in digits.
    package var host = "127.0.0.1"
    /// 0 lets the system pick one.
    package var port = 0
    /// Event loops, each a thread with its own listener. One per core is as fast as it gets.
    package var loops = 1
    /// Connections waiting in the kernel to be accepted.
    package var backlog: Int32 = 1024
    /// Open connections over all loops; further ones get 503.
    package var maxConnections = 10_000
    /// Open connections of one remote address, nil for no limit. Behind a proxy all come from one.
    package var maxConnectionsPerAddress: Int?
    /// Limits on the parts of a head and on chunk framing.
    package var wire = WireLimits()
    /// With it the server speaks TLS and nothing else; nil for plain text.
    package var tls: TLSCredentials?
    /// From accept to the end of a TLS handshake.
    package var handshakeMilliseconds: Int64 = 5_000
    /// From the first byte of a request to the end of its head, and from accept to the first request: 408.
    package var headMilliseconds: Int64 = 10_000
    /// How long a connection may wait between requests.
    package var keepAliveMilliseconds: Int64 = 60_000
    /// Time a body has before its rate counts.
    package var bodyGraceMilliseconds: Int64 = 5_000
    /// Bytes per second a body must reach after that, on average: 408.
    package var bodyBytesPerSecond: Int64 = 500
    /// How long the other end may take no byte of an answer that waits for it.
    package var writeMilliseconds: Int64 = 10_000
    /// After an answer that closes: how long to read on, so that the answer is not lost to a reset.
    package var lingerMilliseconds: Int64 = 1_000
    /// Bytes read and thrown away meanwhile. RFC 9112 §9.6.
    package var lingerBytes = 65_536
    /// How long `drain` waits for running requests.
    package var drainMilliseconds: Int64 = 30_000

    /// Whether a body with a Content-Encoding is refused with 415; else handlers get it as it came, encoded.
    package var refusesContentCodings = true

    package init() {}
}
