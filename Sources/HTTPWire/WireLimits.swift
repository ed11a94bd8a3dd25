/// How much of each thing a request may have before it is refused.
package struct WireLimits: Sendable {
    /// Bytes of a method: longer ones are methods we do not implement (501).
    package var methodBytes = 16
    /// Bytes of a request target (414). RFC 9112 §3 asks for at least 8,000.
    package var targetBytes = 8192
    /// Fields of a head, and of a trailer section (431).
    package var fields = 100
    /// Bytes of a field name (431).
    package var fieldNameBytes = 256
    /// Bytes of a field line (431).
    package var fieldLineBytes = 16_384
    /// Bytes of all field lines of a head (431).
    package var fieldsBytes = 65_536
    /// Bytes of all chunk extensions of a message (400): CVE-2023-39326 was a limit per chunk alone.
    package var chunkExtensionBytes = 4096
    /// Bytes of a trailer section (431).
    package var trailerBytes = 8192

    package init() {}
}
