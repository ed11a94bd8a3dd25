/// How a text is written on the air.
package enum SMSEncoding: String, Sendable {
    case gsm7, ucs2
}

/// How much fits, in septets or UTF-16 units: alone, and per part of a concatenated message with an
/// 8-bit reference (a header of 6 bytes, 3GPP TS 23.040 section 9.2.3.24.1).
package struct SMSSizes: Sendable {
    package var gsm7Alone = 160
    package var gsm7Part = 153
    package var ucs2Alone = 70
    package var ucs2Part = 67

    package init() {}
}

/// A text cut into the parts in which it is sent and charged. No part cuts an escape sequence or a surrogate
/// pair, and in UCS-2 none cuts a grapheme that fits into one; a part may stay short for that.
package struct SMSSegments: Sendable, Equatable {
    package let encoding: SMSEncoding
    package let parts: [String]
    /// Septets or UTF-16 units of each part.
    package let sizes: [Int]

    package var count: Int { parts.count }

    /// The cheapest encoding that can write the text.
    package init(of text: String, sizes: SMSSizes = SMSSizes()) {
        self.init(of: text, in: GSM7.canWrite(text) ? .gsm7 : .ucs2, sizes: sizes)
    }

    /// In GSM 7 bit, a character outside the alphabet counts as the one septet its replacement would take.
    package init(of text: String, in encoding: SMSEncoding, sizes: SMSSizes = SMSSizes()) {
        self.encoding = encoding
        let pieces = SMSSegments.pieces(of: text, in: encoding, limit: sizes.ucs2Part)
        let total = pieces.reduce(0) { $0 + $1.size }
        guard total > (encoding == .gsm7 ? sizes.gsm7Alone : sizes.ucs2Alone) else {
            parts = [text]
            self.sizes = [total]
            return
        }
        let room = encoding == .gsm7 ? sizes.gsm7Part : sizes.ucs2Part
        var parts: [String] = []
        var counts: [Int] = []
        var part = String.UnicodeScalarView()
        var size = 0
        for piece in pieces {
            if size + piece.size > room, size > 0 {
                parts.append(String(part))
                counts.append(size)
                part = String.UnicodeScalarView()
                size = 0
            }
            part.append(contentsOf: piece.scalars)
            size += piece.size
        }
        parts.append(String(part))
        counts.append(size)
        self.parts = parts
        self.sizes = counts
    }

    /// For a gateway that cuts UCS-2 at every `ucs2Part` units, surrogate pair or not (Kannel): the parts filled up
    /// with zero-width spaces, so that its cuts fall where ours do.
    package func padded(sizes limits: SMSSizes = SMSSizes()) -> String {
        guard encoding == .ucs2, parts.count > 1 else { return parts.joined() }
        var out = ""
        for (index, part) in parts.enumerated() {
            out += part
            let isLast = index == parts.count - 1
            if !isLast { out += String(repeating: "\u{200B}", count: max(0, limits.ucs2Part - sizes[index])) }
        }
        return out
    }

    /// What is never cut, and what it takes.
    private struct Piece {
        let scalars: Substring.UnicodeScalarView
        let size: Int
    }

    private static func pieces(of text: String, in encoding: SMSEncoding, limit: Int) -> [Piece] {
        var pieces: [Piece] = []
        switch encoding {
        case .gsm7:
            let scalars = text[...].unicodeScalars
            for index in scalars.indices {
                let next = scalars.index(after: index)
                pieces.append(Piece(scalars: scalars[index..<next], size: GSM7.septets(scalars[index]) ?? 1))
            }
        case .ucs2:
            for index in text.indices {
                let grapheme = text[index..<text.index(after: index)]
                let size = grapheme.utf16.count
                if size <= limit {
                    pieces.append(Piece(scalars: grapheme.unicodeScalars, size: size))
                    continue
                }
                // A letter under a heap of marks: cut between its scalars.
                let scalars = grapheme.unicodeScalars
                for index in scalars.indices {
                    let next = scalars.index(after: index)
                    pieces.append(Piece(scalars: scalars[index..<next], size: scalars[index].value > 0xFFFF ? 2 : 1))
                }
            }
        }
        return pieces
    }
}
