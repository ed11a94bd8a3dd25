import Core
import Curl

/// How webhooks are called.
package struct WebhookSettings: Sendable {
    /// Endpoints may be private, loopback or without TLS.
    package var allowsPrivate = false
    /// PEM file of trusted roots; nil takes the system's.
    package var caFile: String?
    package var userAgent = "Clairon"
    /// From the look-up of the name to the last byte of the answer.
    package var timeoutMilliseconds = 15_000

    package init() {}

    var transport: TransportOptions {
        var transport = TransportOptions()
        transport.caFile = caFile
        transport.totalTimeoutMilliseconds = timeoutMilliseconds
        transport.connectTimeoutMilliseconds = min(timeoutMilliseconds, 10_000)
        // Nothing is read from it but the status.
        transport.maxResponseBytes = 4_096
        guard !allowsPrivate else { return transport }
        // A name may lead anywhere, and to somewhere else each time: judged after it is resolved.
        transport.allowsAddress = { IPRange.isPublic($0.bytes, throughNAT64: true) }
        transport.httpsOnly = true
        return transport
    }
}
