/// How many bytes of body follow a head: the decision that request smuggling attacks, in one place.
package enum Framing: Sendable, Hashable {
    /// No body.
    case none
    /// Exactly so many bytes, more than zero.
    case length(UInt64)
    /// Chunks up to the last one and its trailer section.
    case chunked

    /// Decides from the values of all Content-Length and Transfer-Encoding lines. RFC 9112 §6.3.
    static func decide(
        lengths: Int, length: Span<UInt8>, codings: Int, coding: Span<UInt8>, minorVersion: Int
    ) throws(Refusal) -> Framing {
        if codings > 0 {
            // RFC 9112 §6.1: both together ought to be handled as an error; some proxies believe one, some the other.
            guard lengths == 0 else {
                throw Refusal(400, "ambiguous_framing", "Transfer-Encoding and Content-Length exclude each other.")
            }
            // RFC 9112 §6.1: in an HTTP/1.0 message it means that the framing is faulty.
            guard minorVersion >= 1 else {
                throw Refusal(400, "ambiguous_framing", "HTTP/1.0 has no Transfer-Encoding.")
            }
            guard codings == 1 else {
                throw Refusal(400, "ambiguous_framing", "Transfer-Encoding may stand on one line only.")
            }
            // RFC 9112 §6.1: 501 for a coding that is not understood; §7: names are case-insensitive.
            guard ASCII.equalsFolded(coding, "chunked") else {
                throw Refusal(501, "transfer_coding_unknown", "The only transfer coding here is \"chunked\".")
            }
            return .chunked
        }
        guard lengths > 0 else { return .none }
        // RFC 9112 §6.3 item 5: equal duplicates may be merged; whoever sends them has no reason to.
        guard lengths == 1 else {
            throw Refusal(400, "ambiguous_framing", "Content-Length may stand on one line only.")
        }
        let count = try contentLength(length)
        return count == 0 ? .none : .length(count)
    }

    /// `1*DIGIT` and nothing else, RFC 9110 §8.6: no sign, no list, no white space inside. Nineteen
    /// digits always fit into 64 bits.
    private static func contentLength(_ bytes: Span<UInt8>) throws(Refusal) -> UInt64 {
        let refusal = Refusal(400, "invalid_content_length", "Content-Length is 1 to 19 digits.")
        guard bytes.count >= 1, bytes.count <= 19 else { throw refusal }
        var value: UInt64 = 0
        for index in 0..<bytes.count {
            guard ASCII.isDigit(bytes[index]) else { throw refusal }
            value = value &* 10 &+ UInt64(bytes[index] &- ASCII.zero)
        }
        return value
    }
}
