import HTTPWire
import Testing

/// Bytes that should be a head, or be refused with a status.
struct HeadCase: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    /// 0 for a head, -1 for one that is not finished, else the status of the refusal.
    let status: Int

    /// - Parameter text: each scalar up to U+00FF is one byte.
    init(_ name: String, _ text: String, _ status: Int = 400) {
        self.name = name
        bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        self.status = status
    }

    /// A request with these field lines, each with its CRLF.
    static func fields(_ name: String, _ lines: String, _ status: Int = 400) -> HeadCase {
        HeadCase(name, "POST /echo HTTP/1.1\r\nHost: a\r\n\(lines)\r\n", status)
    }

    var testDescription: String { name }
}

extension HeadParser.Outcome {
    /// In the terms of `HeadCase.status`.
    var status: Int {
        switch self {
        case .incomplete: -1
        case .invalid(let refusal): refusal.status
        case .head: 0
        }
    }
}

/// Feeds a prefix, and then more, until the parser decides.
func parse(_ bytes: [UInt8], cuts: some Sequence<Int>) -> HeadParser.Outcome {
    var parser = HeadParser()
    for cut in cuts {
        let outcome = parser.parse(Array(bytes[..<cut]).span)
        if case .incomplete = outcome { continue }
        return outcome
    }
    return parser.parse(bytes.span)
}
