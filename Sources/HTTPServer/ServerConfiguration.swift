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
    /// The same while connections are scarce: one that has asked once counts as proven only up to a quarter of
    /// `maxConnections`, any other up to three quarters.
    package var scarceKeepAliveMilliseconds: Int64 = 8_000
    /// Time a body has before its rate counts.
    package var bodyGraceMilliseconds: Int64 = 5_000
    /// Bytes per second a body must reach after that, on average: 408.
    package var bodyBytesPerSecond: Int64 = 500
    /// Time a whole request has, from the first byte of its head to the last of its body, before a rate counts that makes
    /// an end of it: so that `bodyBytesPerSecond` does not hold a connection for hours.
    package var requestMilliseconds: Int64 = 60_000
    /// Bytes per second that a body must have reached on average after that: 408.
    package var requestBytesPerSecond: Int64 = 32_768
    /// How often the other end is looked at that does not take its answer.
    package var writeMilliseconds: Int64 = 10_000
    /// Bytes per second it must have acknowledged from one look to the next.
    package var writeBytesPerSecond: Int64 = 500
    /// After an answer that closes: how long to read on at most, so that the answer is not lost to a reset.
    package var lingerMilliseconds: Int64 = 8_000
    /// The same while nothing comes: the other end has finished, or is not worth waiting for.
    package var lingerIdleMilliseconds: Int64 = 2_000
    /// Bytes read and thrown away meanwhile. RFC 9112 §9.6.
    package var lingerBytes = 64 << 20
    /// Bytes of a body that nobody wants which are worth reading for the sake of the connection.
    package var discardBytes = 65_536
    /// Connections of a loop, beyond the limit, that are told so in full instead of being cut.
    package var maxTurnedAway = 16
    /// How long `drain` waits for running requests.
    package var drainMilliseconds: Int64 = 30_000

    /// Whether a body with a Content-Encoding is refused with 415; else handlers get it as it came, encoded.
    package var refusesContentCodings = true

    package init() {}
}
