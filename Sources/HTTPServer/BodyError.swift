/// Why a body could not be read, or a streamed answer not be written.
package enum BodyError: Error, Sendable, Hashable {
    /// More bytes than the caller or the route takes: answer 413.
    case tooLarge
    /// The other end has gone, or ended the body early.
    case disconnected
    /// Bytes came, or were taken, too slowly: answer 408.
    case timeout
    /// The chunked framing is broken: answer 400.
    case malformed
}
