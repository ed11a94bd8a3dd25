/// A set of bytes as four machine words, so that membership is a shift and a mask.
///
/// ASCII tables written out by hand: `Character` and `Unicode` properties have other ideas of what a
/// letter or a space is, and each difference is a way to smuggle a request.
struct ByteSet: Sendable {
    private let word0, word1, word2, word3: UInt64

    private init(_ word0: UInt64, _ word1: UInt64, _ word2: UInt64, _ word3: UInt64) {
        self.word0 = word0
        self.word1 = word1
        self.word2 = word2
        self.word3 = word3
    }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let word = byte < 128 ? (byte < 64 ? word0 : word1) : (byte < 192 ? word2 : word3)
        return (word &>> UInt64(byte & 63)) & 1 == 1
    }

    /// `tchar`, RFC 9110 §5.6.2.
    static let token = ByteSet(
        0x03ff6cfa00000000, 0x57ffffffc7fffffe, 0x0000000000000000, 0x0000000000000000)
    /// `field-vchar`, SP and HTAB: visible ASCII and obs-text, no control byte. RFC 9110 §5.5.
    static let fieldValue = ByteSet(
        0xffffffff00000200, 0x7fffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff)
    /// `qdtext`, RFC 9110 §5.6.4.
    static let quotedText = ByteSet(
        0xfffffffb00000200, 0x7fffffffefffffff, 0xffffffffffffffff, 0xffffffffffffffff)
    /// What may stand in a path: `pchar`, "/" and the start of an escape. RFC 3986 §3.3.
    static let path = ByteSet(
        0x2ffffff200000000, 0x47fffffe87ffffff, 0x0000000000000000, 0x0000000000000000)
    /// What may stand in a query: the same and "?". RFC 3986 §3.4.
    static let query = ByteSet(
        0xaffffff200000000, 0x47fffffe87ffffff, 0x0000000000000000, 0x0000000000000000)
    /// Anything that may stand in some form of request target: the query's bytes and the brackets of
    /// an IP literal, never "#" (RFC 9112 §3.2 has no fragment).
    static let target = ByteSet(
        0xaffffff200000000, 0x47fffffeafffffff, 0x0000000000000000, 0x0000000000000000)
    /// `reg-name` of RFC 3986 §3.2.2 without the comma, which turns a Host into a list.
    static let registeredName = ByteSet(
        0x2bff6ff200000000, 0x47fffffe87fffffe, 0x0000000000000000, 0x0000000000000000)
}
