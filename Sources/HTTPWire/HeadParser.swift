/// Reads a request head as its bytes arrive, each byte once, and refuses at the first bad one.
///
/// The caller owns the bytes: it passes everything received since the start of the request, again with
/// more at the end after `.incomplete`. After `.head` or `.invalid` the parser is spent.
package struct HeadParser: Sendable {
    package enum Outcome: Sendable {
        /// Everything so far may become a head.
        case incomplete
        /// Answer this and close: what follows has no known framing.
        case invalid(Refusal)
        /// A head that took so many bytes; the body or the next request starts there.
        case head(RequestHead, length: Int)
    }

    private enum State {
        case start, leadingLineFeed, method, target, version, requestLineFeed
        case fieldStart, fieldName, valueStart, value, fieldLineFeed, finalLineFeed
    }

    private let limits: WireLimits
    private var state = State.start
    /// Next byte to look at, counted from the start of the request.
    private var position = 0
    /// Where the element being read starts.
    private var mark = 0
    private var lineStart = 0
    private var fieldsStart = 0
    private var hasSkippedLine = false
    private var methodRange = 0..<0
    private var targetRange = 0..<0
    private var nameRange = 0..<0
    private var minorVersion = 1
    private var fields: [RequestHead.Field] = []

    package init(limits: WireLimits = WireLimits()) {
        self.limits = limits
    }

    /// Whether any byte of a request has been seen: an empty line before it is none (RFC 9112 §2.2).
    package var hasStarted: Bool { state != .start && state != .leadingLineFeed }
    /// Whether the method is HEAD, as far as has been read: then not even a refusal has content (RFC 9110 §9.3.2).
    package private(set) var isHead = false

    /// Makes a spent parser a new one.
    package mutating func reset() { self = HeadParser(limits: limits) }

    package mutating func parse(_ bytes: Span<UInt8>) -> Outcome {
        do {
            while position < bytes.count {
                if try step(bytes) { return .head(try finish(bytes), length: position) }
            }
            return .incomplete
        } catch {
            return .invalid(error)
        }
    }

    /// Advances by at least one byte.
    ///
    /// - Returns: true once the empty line has been read.
    private mutating func step(_ bytes: Span<UInt8>) throws(Refusal) -> Bool {
        let byte = bytes[position]
        switch state {
        case .start:
            try start(byte)
        case .leadingLineFeed:
            try expectLineFeed(byte, then: .start)
        case .method:
            try readMethod(bytes)
        case .target:
            try readTarget(bytes)
        case .version:
            try readVersion(bytes)
        case .requestLineFeed:
            try expectLineFeed(byte, then: .fieldStart)
            fieldsStart = position
        case .fieldStart:
            try startField(byte)
        case .fieldName:
            try readName(bytes)
        case .valueStart:
            if byte == ASCII.space || byte == ASCII.tab {
                position += 1
                try checkLineLength()
            } else {
                mark = position
                state = .value
            }
        case .value:
            try readValue(bytes)
        case .fieldLineFeed:
            try expectLineFeed(byte, then: .fieldStart)
        case .finalLineFeed:
            try expectLineFeed(byte, then: .start)
            return true
        }
        return false
    }

    private mutating func start(_ byte: UInt8) throws(Refusal) {
        if byte == ASCII.carriageReturn, !hasSkippedLine {  // RFC 9112 §2.2: at least one empty line is ignored.
            hasSkippedLine = true
            position += 1
            state = .leadingLineFeed
            return
        }
        guard ByteSet.token.contains(byte) else {
            throw .malformed("A request starts with a method.")
        }
        mark = position
        state = .method
    }

    /// RFC 9112 §2.2: lines end with CRLF. A bare LF could be accepted, and is how chunk lines and
    /// header blocks have been split differently by two servers in a row.
    private mutating func expectLineFeed(_ byte: UInt8, then next: State) throws(Refusal) {
        guard byte == ASCII.lineFeed else { throw .malformed("A carriage return is not followed by a line feed.") }
        position += 1
        state = next
    }

    private mutating func readMethod(_ bytes: Span<UInt8>) throws(Refusal) {
        while position < bytes.count, ByteSet.token.contains(bytes[position]) { position += 1 }
        let unknown = Refusal(501, "method_unknown", "No method here has so long a name.")  // RFC 9112 §3
        // Not refused at the seventeenth byte: the banner of another protocol is a 400 for its line end.
        guard position - mark <= 16 * limits.methodBytes else { throw unknown }
        guard position < bytes.count else { return }
        // RFC 9112 §3: single spaces; a sender of anything else is guessed at by lenient parsers.
        guard bytes[position] == ASCII.space else { throw .malformed("The method is not followed by one space.") }
        guard position - mark <= limits.methodBytes else { throw unknown }
        methodRange = mark..<position
        isHead = position - mark == 4 && bytes[mark] == 0x48 && bytes[mark + 1] == 0x45 && bytes[mark + 2] == 0x41 && bytes[mark + 3] == 0x44
        position += 1
        mark = position
        state = .target
    }

    private mutating func readTarget(_ bytes: Span<UInt8>) throws(Refusal) {
        while position < bytes.count, ByteSet.target.contains(bytes[position]) { position += 1 }
        guard position - mark <= limits.targetBytes else {  // RFC 9112 §3
            throw Refusal(414, "target_too_long", "The request target is too long.")
        }
        guard position < bytes.count else { return }
        guard bytes[position] == ASCII.space, position > mark else {  // RFC 9112 §3.2
            throw .malformed("The request target has a byte that must be percent-encoded, or no version follows.")
        }
        targetRange = mark..<position
        position += 1
        mark = position
        state = .version
    }

    /// `HTTP-name "/" DIGIT "." DIGIT`, case-sensitive. RFC 9112 §2.3.
    private mutating func readVersion(_ bytes: Span<UInt8>) throws(Refusal) {
        let byte = bytes[position]
        if position == mark, Self.isUsualVersion(bytes, at: mark) {
            position += 9
            state = .requestLineFeed
            return
        }
        let isExpected = switch position - mark {
        case 0: byte == 0x48
        case 1, 2: byte == 0x54
        case 3: byte == 0x50
        case 4: byte == ASCII.slash
        case 5, 7: ASCII.isDigit(byte)
        case 6: byte == ASCII.dot
        default: byte == ASCII.carriageReturn
        }
        guard isExpected else { throw .malformed("The request line does not end with an HTTP version.") }
        if position - mark == 8 {
            // RFC 9110 §2.5: the major version changes the syntax, the minor one does not.
            guard bytes[mark + 5] == ASCII.zero + 1 else {
                throw Refusal(505, "version_unknown", "This server speaks HTTP/1.1.")
            }
            minorVersion = bytes[mark + 7] == ASCII.zero ? 0 : 1
            state = .requestLineFeed
        }
        position += 1
    }

    /// `HTTP/1.1` and a carriage return, all there.
    private static func isUsualVersion(_ bytes: Span<UInt8>, at start: Int) -> Bool {
        bytes.count - start >= 9 && bytes[start] == 0x48 && bytes[start + 1] == 0x54 && bytes[start + 2] == 0x54
            && bytes[start + 3] == 0x50 && bytes[start + 4] == ASCII.slash && bytes[start + 5] == ASCII.zero + 1
            && bytes[start + 6] == ASCII.dot && bytes[start + 7] == ASCII.zero + 1 && bytes[start + 8] == ASCII.carriageReturn
    }

    private mutating func startField(_ byte: UInt8) throws(Refusal) {
        if byte == ASCII.carriageReturn {
            position += 1
            state = .finalLineFeed
            return
        }
        // RFC 9112 §5.2: a line that starts with white space was a folded value once; refuse it.
        guard ByteSet.token.contains(byte) else { throw .malformed("A header line does not start with a name.") }
        guard fields.count < limits.fields else { throw .headTooLarge("There are too many header lines.") }
        mark = position
        lineStart = position
        state = .fieldName
    }

    private mutating func readName(_ bytes: Span<UInt8>) throws(Refusal) {
        while position < bytes.count, ByteSet.token.contains(bytes[position]) { position += 1 }
        guard position - mark <= limits.fieldNameBytes else { throw .headTooLarge("A header name is too long.") }
        guard position < bytes.count else { return }
        // RFC 9112 §5.1: no white space before the colon; a server MUST answer 400.
        guard bytes[position] == ASCII.colon else { throw .malformed("A header name is not followed by a colon.") }
        nameRange = mark..<position
        position += 1
        state = .valueStart
    }

    private mutating func readValue(_ bytes: Span<UInt8>) throws(Refusal) {
        while position < bytes.count, ByteSet.fieldValue.contains(bytes[position]) { position += 1 }
        try checkLineLength()
        guard position < bytes.count else { return }
        // RFC 9110 §5.5: NUL, CR, LF and other control bytes make a value invalid or dangerous.
        guard bytes[position] == ASCII.carriageReturn else { throw .malformed("A header value has a control byte.") }
        var end = position
        while end > mark, bytes[end - 1] == ASCII.space || bytes[end - 1] == ASCII.tab { end -= 1 }
        if fields.isEmpty { fields.reserveCapacity(min(12, limits.fields)) }
        fields.append(RequestHead.Field(name: nameRange, value: mark..<end))
        position += 1
        state = .fieldLineFeed
    }

    private func checkLineLength() throws(Refusal) {
        guard position - lineStart <= limits.fieldLineBytes else { throw .headTooLarge("A header line is too long.") }
        guard position - fieldsStart <= limits.fieldsBytes else { throw .headTooLarge("The header is too large.") }
    }

    /// Most requests have one of two.
    private static func text(ofMethod bytes: Span<UInt8>) -> String? {
        if bytes.count == 3, bytes[0] == 0x47, bytes[1] == 0x45, bytes[2] == 0x54 { return "GET" }
        if bytes.count == 4, bytes[0] == 0x50, bytes[1] == 0x4F, bytes[2] == 0x53, bytes[3] == 0x54 { return "POST" }
        return bytes.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
    }

    private func finish(_ bytes: Span<UInt8>) throws(Refusal) -> RequestHead {
        let method = Self.text(ofMethod: bytes.extracting(methodRange))
        let summary = try FieldSummary(of: fields, in: bytes, minorVersion: minorVersion)
        // RFC 9110 §9.3.6: CONNECT is for proxies; §9.3.8: TRACE shows credentials to scripts.
        guard let method, method != "CONNECT", method != "TRACE" else {
            throw Refusal(501, "method_unknown", "This method is not implemented.")
        }
        let target = bytes.extracting(targetRange)
        return RequestHead(
            bytes: bytes.extracting(0..<position).withUnsafeBufferPointer { Array($0) },
            method: method,
            targetRange: targetRange,
            decodedTarget: RequestTarget.isPlain(target) ? nil : try RequestTarget.parse(target, method: method),
            minorVersion: minorVersion,
            fields: fields,
            framing: summary.framing,
            keepsAlive: summary.keepsAlive,
            expectsContinue: summary.expectsContinue)
    }
}
