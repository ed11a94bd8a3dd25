/// One line of the log: `time level event key=value …`. Whatever the values hold, it stays one line, and nobody else's words
/// pass for ours: what is not plain is quoted, and what a terminal or a viewer acts upon is escaped.
package struct LogLine: Sendable {
    package let time: Timestamp
    package let level: String
    package let event: String
    package let fields: [(name: String, value: String)]

    package init(_ event: String, _ fields: [(name: String, value: String)] = [], level: String, at time: Timestamp) {
        self.event = event
        self.fields = fields
        self.level = level
        self.time = time
    }

    /// What a pipe takes whole or not at all (PIPE_BUF of pipe(7)).
    package static let maxBytes = 4_096
    /// Of one value: a long error must not push the others off the line.
    static let maxValueBytes = 1_024

    /// The line with its end.
    package var bytes: [UInt8] {
        var out = Array("\(time) \(level) ".utf8)
        LogLine.append(event, to: &out)
        for field in fields {
            var piece: [UInt8] = [UInt8(ascii: " ")]
            LogLine.append(field.name, to: &piece)
            piece.append(UInt8(ascii: "="))
            LogLine.append(field.value, to: &piece)
            // A field is there whole or not at all: half a quotation would swallow what follows.
            guard out.count + piece.count < LogLine.maxBytes - 8 else {
                out += Array(" …".utf8)
                break
            }
            out += piece
        }
        out.append(0x0A)
        return out
    }

    static func append(_ text: String, to out: inout [UInt8]) {
        let isPlain = !text.isEmpty && text.utf8.count <= maxValueBytes && text.utf8.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\\")
        }
        guard !isPlain else { return out.append(contentsOf: text.utf8) }
        let limit = out.count + maxValueBytes
        out.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            guard out.count < limit else {
                out.append(contentsOf: "…".utf8)
                break
            }
            switch scalar {
            case "\"", "\\":
                out.append(UInt8(ascii: "\\"))
                out.append(UInt8(scalar.value))
            case "\n": out.append(contentsOf: "\\n".utf8)
            case "\r": out.append(contentsOf: "\\r".utf8)
            case "\t": out.append(contentsOf: "\\t".utf8)
            default:
                if acts(scalar) {
                    out.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".utf8)
                } else {
                    out.append(contentsOf: scalar.utf8)
                }
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    /// Control characters of both sets (ESC, CSI), separators of lines, and what changes direction or is not seen.
    private static func acts(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: true
        default: false
        }
    }
}

extension Unicode.Scalar {
    fileprivate var utf8: [UInt8] { Array(String(self).utf8) }
}
