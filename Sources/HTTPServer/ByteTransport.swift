/// Moves the bytes of one connection: the socket itself, or a TLS session over it.
///
/// Loop thread only. Calls never block.
protocol ByteTransport: AnyObject {
    /// The descriptor to watch.
    var rawDescriptor: Int32 { get }
    /// Whether reading can only go on once the descriptor is writable (a handshake that fills the socket).
    var wantsToWrite: Bool { get }
    /// Whether requests can come: false during a handshake.
    var isEstablished: Bool { get }
    /// Reads what is there.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransportOutcome
    /// Writes what fits.
    func send(_ bytes: UnsafeRawBufferPointer) -> TransportOutcome
    /// Tells the other end that nothing more comes; reading goes on.
    func closeWriting()
}

/// What a transport could do.
enum TransportOutcome {
    /// So many bytes, more than zero.
    case moved(Int)
    /// Nothing now: try again when the descriptor is readable (or writable, for `send`).
    case blocked
    /// The other end has finished sending.
    case end
    /// The connection is broken.
    case failed
}
