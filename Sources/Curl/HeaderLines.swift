import CCurl

/// Header lines in the form libcurl reads: a linked list of C strings, in memory that is reused.
///
/// libcurl keeps the list without copying it, so a list stays as it is until its transfer has ended.
struct HeaderLines: ~Copyable {
    private var nodes = UnsafeMutableBufferPointer<curl_slist>.allocate(capacity: 16)
    private var text = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 2048)

    init() {}

    deinit {
        nodes.deallocate()
        text.deallocate()
    }

    /// Writes the lines and hangs `tail` behind them; `head` is the list.
    ///
    /// - Returns: nil if a name is not a token or a value holds a control byte (RFC 9110 §5.1, §5.5),
    ///   which on the wire would start another header.
    mutating func write(
        _ headers: [(name: String, value: String)], tail: UnsafeMutablePointer<curl_slist>?
    ) -> Head? {
        guard !headers.isEmpty else { return Head(list: tail) }
        reserve(headers)
        var end = 0
        for (index, header) in headers.enumerated() {
            let start = end
            guard append(header, at: &end) else { return nil }
            nodes[index].data = text.baseAddress.map { $0 + start }
            nodes[index].next = index + 1 < headers.count ? nodes.baseAddress.map { $0 + index + 1 } : tail
        }
        return Head(list: nodes.baseAddress)
    }

    /// A list; an empty one is nil inside.
    struct Head {
        let list: UnsafeMutablePointer<curl_slist>?
    }

    /// `name: value`, or `name;`, which is how libcurl spells a header with an empty value.
    private func append(_ header: (name: String, value: String), at end: inout Int) -> Bool {
        guard !header.name.utf8.isEmpty else { return false }
        for byte in header.name.utf8 {
            guard Self.isToken(byte) else { return false }
            put(byte, at: &end)
        }
        if header.value.utf8.isEmpty {
            put(UInt8(ascii: ";"), at: &end)
        } else {
            put(UInt8(ascii: ":"), at: &end)
            put(UInt8(ascii: " "), at: &end)
            for byte in header.value.utf8 {
                guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else { return false }
                put(byte, at: &end)
            }
        }
        put(0, at: &end)
        return true
    }

    private func put(_ byte: UInt8, at end: inout Int) {
        text[end] = CChar(bitPattern: byte)
        end += 1
    }

    /// RFC 9110 §5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "#"),
            UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"),
            UInt8(ascii: "+"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default:
            false
        }
    }

    private mutating func reserve(_ headers: [(name: String, value: String)]) {
        // ": " and the final zero: three bytes a line.
        let bytes = headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 3 }
        if bytes > text.count {
            text.deallocate()
            text = .allocate(capacity: bytes)
        }
        if headers.count > nodes.count {
            nodes.deallocate()
            nodes = .allocate(capacity: headers.count)
        }
    }
}
