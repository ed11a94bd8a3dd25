/// Takes the chunks off a body: data out, framing checked byte by byte and thrown away. RFC 9112 §7.1.
///
/// Extensions are read by their grammar and ignored (§7.1.1), trailer fields by theirs and dropped: merged
/// into the header they could change its meaning (RFC 9110 §6.5.1).
package struct ChunkedDecoder: Sendable {
    package enum Outcome: Sendable, Equatable {
        /// All bytes are used and the body goes on.
        case incomplete
        /// The body ended after so many of the bytes.
        case complete(consumed: Int)
        /// The framing is broken or over a limit: nothing after it can be trusted.
        case invalid(Refusal)
    }

    private enum State {
        case size, sizeDigits, sizeLineFeed
        case beforeSemicolon, extensionName, extensionNameRest, beforeEquals
        case extensionValue, extensionToken, extensionQuoted, extensionEscaped, afterQuoted
        case data, dataReturn, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed, finalLineFeed, done
    }

    private let limits: WireLimits
    private let maxBodyBytes: UInt64
    private var state = State.size
    private var remaining: UInt64 = 0
    private var digits = 0
    private var bodyBytes: UInt64 = 0
    private var overhead: UInt64 = 0
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var trailerFields = 0

    /// - Parameter maxBodyBytes: data bytes over all chunks; more is a 413.
    package init(maxBodyBytes: Int, limits: WireLimits = WireLimits()) {
        self.maxBodyBytes = UInt64(max(0, maxBodyBytes))
        self.limits = limits
    }

    /// Decodes `bytes`, appending data to `output`.
    package mutating func decode(_ bytes: Span<UInt8>, into output: inout [UInt8]) -> Outcome {
        var index = 0
        while index < bytes.count, state != .done {
            if state == .data {
                let count = Int(min(remaining, UInt64(bytes.count - index)))
                bytes.extracting(index..<(index + count)).withUnsafeBufferPointer { output.append(contentsOf: $0) }
                remaining -= UInt64(count)
                index += count
                if remaining == 0 { state = .dataReturn }
                continue
            }
            do {
                try step(bytes[index])
            } catch {
                return .invalid(error)
            }
            index += 1
        }
        return state == .done ? .complete(consumed: index) : .incomplete
    }

    private mutating func step(_ byte: UInt8) throws(Refusal) {
        switch state {
        case .size, .sizeDigits: try readSize(byte)
        case .sizeLineFeed: try endSizeLine(byte)
        case .beforeSemicolon, .extensionName, .extensionNameRest, .beforeEquals, .extensionValue,
             .extensionToken, .extensionQuoted, .extensionEscaped, .afterQuoted:
            try readExtension(byte)
        case .data, .done: break
        case .dataReturn:
            // §7.1: the CRLF is part of the chunk; skipping any two bytes let requests hide there.
            guard byte == ASCII.carriageReturn else { throw Self.malformed }
            state = .dataLineFeed
        case .dataLineFeed:
            guard byte == ASCII.lineFeed else { throw Self.malformed }
            digits = 0
            state = .size
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .finalLineFeed:
            try readTrailer(byte)
        }
    }

    private static let malformed = Refusal(400, "malformed_chunk", "The chunked body is not valid.")

    /// `1*HEXDIG`, at most the sixteen that 64 bits hold.
    private mutating func readSize(_ byte: UInt8) throws(Refusal) {
        try countOverhead()
        if let value = ASCII.hexValue(byte) {
            guard digits < 16 else { throw Self.malformed }
            digits += 1
            remaining = (digits == 1 ? 0 : remaining &<< 4) | UInt64(value)
            state = .sizeDigits
            return
        }
        guard state == .sizeDigits else { throw Self.malformed }
        switch byte {
        case ASCII.carriageReturn: state = .sizeLineFeed
        case ASCII.semicolon: state = .extensionName
        case ASCII.space, ASCII.tab: state = .beforeSemicolon
        default: throw Self.malformed
        }
        try checkBodySize()
    }

    private func checkBodySize() throws(Refusal) {
        guard remaining <= maxBodyBytes, bodyBytes <= maxBodyBytes - remaining else {
            throw Refusal(413, "payload_too_large", "The body is too large: this resource takes at most \(maxBodyBytes) bytes.")
        }
    }

    private mutating func endSizeLine(_ byte: UInt8) throws(Refusal) {
        guard byte == ASCII.lineFeed else { throw Self.malformed }
        bodyBytes += remaining
        state = remaining == 0 ? .trailerStart : .data
    }

    /// `*( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )`, §7.1.1.
    private mutating func readExtension(_ byte: UInt8) throws(Refusal) {
        extensionBytes += 1
        guard extensionBytes <= limits.chunkExtensionBytes else {
            throw Refusal(400, "chunk_extension_too_large", "The chunk extensions are too large.")
        }
        let isBlank = byte == ASCII.space || byte == ASCII.tab
        switch state {
        case .beforeSemicolon, .afterQuoted:
            if isBlank {
                state = .beforeSemicolon
            } else if byte == ASCII.semicolon {
                state = .extensionName
            } else if byte == ASCII.carriageReturn, state == .afterQuoted {
                state = .sizeLineFeed
            } else {
                throw Self.malformed
            }
        case .extensionName:
            if isBlank { return }
            guard ByteSet.token.contains(byte) else { throw Self.malformed }
            state = .extensionNameRest
        case .extensionNameRest, .beforeEquals:
            if state == .extensionNameRest, ByteSet.token.contains(byte) { return }
            if isBlank {
                state = .beforeEquals
            } else if byte == ASCII.equals {
                state = .extensionValue
            } else if byte == ASCII.semicolon {
                state = .extensionName
            } else if byte == ASCII.carriageReturn, state == .extensionNameRest {
                state = .sizeLineFeed
            } else {
                throw Self.malformed
            }
        case .extensionValue:
            if isBlank { return }
            guard byte == ASCII.quote || ByteSet.token.contains(byte) else { throw Self.malformed }
            state = byte == ASCII.quote ? .extensionQuoted : .extensionToken
        case .extensionToken:
            if ByteSet.token.contains(byte) { return }
            state = .afterQuoted
            try readExtension(byte)
        case .extensionQuoted:
            if byte == ASCII.quote {
                state = .afterQuoted
            } else if byte == ASCII.backslash {
                state = .extensionEscaped
            } else if !ByteSet.quotedText.contains(byte) {
                throw Self.malformed
            }
        case .extensionEscaped:  // RFC 9110 §5.6.4, quoted-pair
            guard ByteSet.fieldValue.contains(byte) else { throw Self.malformed }
            state = .extensionQuoted
        default:
            break
        }
    }

    /// §7.1.2: field lines up to an empty one.
    private mutating func readTrailer(_ byte: UInt8) throws(Refusal) {
        trailerBytes += 1
        guard trailerBytes <= limits.trailerBytes else { throw .headTooLarge("The trailer section is too large.") }
        switch state {
        case .trailerStart:
            if byte == ASCII.carriageReturn {
                state = .finalLineFeed
            } else {
                guard ByteSet.token.contains(byte) else { throw Self.malformed }
                trailerFields += 1
                guard trailerFields <= limits.fields else { throw .headTooLarge("There are too many trailer lines.") }
                state = .trailerName
            }
        case .trailerName:
            if byte == ASCII.colon {
                state = .trailerValue
            } else if !ByteSet.token.contains(byte) {
                throw Self.malformed
            }
        case .trailerValue:
            if byte == ASCII.carriageReturn {
                state = .trailerLineFeed
            } else if !ByteSet.fieldValue.contains(byte) {
                throw Self.malformed
            }
        case .trailerLineFeed, .finalLineFeed:
            guard byte == ASCII.lineFeed else { throw Self.malformed }
            state = state == .trailerLineFeed ? .trailerStart : .done
        default:
            break
        }
    }

    /// Tiny chunks under long size lines cost us far more than they carry (Node CVE-2024-22019).
    private mutating func countOverhead() throws(Refusal) {
        overhead += 1
        guard overhead <= 4096 || overhead - 4096 <= bodyBytes.multipliedReportingOverflow(by: 8).partialValue else {
            throw Refusal(400, "chunks_too_small", "The chunked body is mostly framing.")
        }
    }
}
