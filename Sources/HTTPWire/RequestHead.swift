/// A request line and its fields, parsed and checked; what follows is `framing` bytes of body.
///
/// Keeps one copy of the bytes as received and ranges into it: strings are made when asked for.
package struct RequestHead: Sendable {
    /// A field line: where its name and its value, without surrounding white space, stand in `bytes`.
    package struct Field: Sendable {
        package let name: Range<Int>
        package let value: Range<Int>
    }

    /// The head as received, through the empty line.
    package let bytes: [UInt8]
    /// Case-sensitive token, at most 16 bytes.
    package let method: String
    /// Where the raw target stands in `bytes`.
    package let targetRange: Range<Int>
    /// Nil when it is plain: then it is made from `bytes` for whoever asks.
    let decodedTarget: RequestTarget?
    package var target: RequestTarget { decodedTarget ?? RequestTarget(plain: bytes[targetRange]) }
    /// `target.path`.
    package var path: String { decodedTarget?.path ?? text(targetRange) }
    /// `target.query`.
    package var query: [(name: String, value: String)] { decodedTarget?.query ?? [] }
    /// 0 for HTTP/1.0, 1 for everything later in HTTP/1 (RFC 9110 §2.5).
    package let minorVersion: Int
    /// In the order received, duplicates kept.
    package let fields: [Field]
    package let framing: Framing
    /// Whether the connection may carry another request afterwards. RFC 9112 §9.3.
    package let keepsAlive: Bool
    /// Whether the sender waits for 100 (Continue) before the body. RFC 9110 §10.1.1.
    package let expectsContinue: Bool

    /// The bytes of a range as text: obs-text that is not UTF-8 is read as ISO 8859-1.
    package func text(_ range: Range<Int>) -> String {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return "" }
        let part = bytes[range]
        if let text = String(validating: part, as: UTF8.self) { return text }
        var scalars = String.UnicodeScalarView()
        for byte in part { scalars.append(Unicode.Scalar(byte)) }
        return String(scalars)
    }

    /// Whether the raw target is just that.
    package func isTarget(_ raw: [UInt8]) -> Bool {
        guard targetRange.count == raw.count else { return false }
        for index in raw.indices where bytes[targetRange.lowerBound + index] != raw[index] { return false }
        return true
    }

    /// The value of the first field of that name.
    ///
    /// - Parameter lowercaseName: lowercase ASCII.
    package func firstValue(_ lowercaseName: String) -> String? {
        for field in fields where matches(field, lowercaseName) { return text(field.value) }
        return nil
    }

    /// The value of the one field of that name; nil when there is none, or another.
    ///
    /// - Parameter lowercaseName: lowercase ASCII.
    package func onlyValue(_ lowercaseName: String) -> String? {
        var found: Field?
        for field in fields where matches(field, lowercaseName) {
            guard found == nil else { return nil }
            found = field
        }
        return found.map { text($0.value) }
    }

    /// The values of all fields of that name, in order.
    package func values(_ lowercaseName: String) -> [String] {
        var values: [String] = []
        for field in fields where matches(field, lowercaseName) { values.append(text(field.value)) }
        return values
    }

    private func matches(_ field: Field, _ lowercaseName: String) -> Bool {
        let name = lowercaseName.utf8
        guard name.count == field.name.count else { return false }
        var index = field.name.lowerBound
        for byte in name {
            guard ASCII.lowercased(bytes[index]) == ASCII.lowercased(byte) else { return false }
            index += 1
        }
        return true
    }
}
