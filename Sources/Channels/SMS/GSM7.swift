/// The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038 sections 6.2.1 and 6.2.1.1).
///
/// The national shift tables are left out: handsets and gateways do not agree on them.
package enum GSM7 {
    /// How many septets a character takes: 1 from the default table, 2 from the extension table
    /// (an escape and the character), nil when the alphabet lacks it.
    package static func septets(_ scalar: Unicode.Scalar) -> Int? { costs[scalar] }

    package static func canWrite(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { costs[$0] != nil }
    }

    /// Positions 0x00 to 0x7F in order; 0x1B is the escape to the extension table and no character.
    private static let defaultTable =
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1B}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
        + "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

    private static let extensionTable = "\u{0C}^{}\\[~]|€"

    private static let costs: [Unicode.Scalar: Int] = {
        var costs: [Unicode.Scalar: Int] = [:]
        for scalar in defaultTable.unicodeScalars where scalar != "\u{1B}" { costs[scalar] = 1 }
        for scalar in extensionTable.unicodeScalars { costs[scalar] = 2 }
        return costs
    }()

    /// Joins a letter and a combining mark (U+0300 block) into the table's letter: `e` + U+0301 is `é`.
    /// Text typed on a Mac often comes decomposed and would otherwise need UCS-2.
    package static func composed(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { (0x300...0x327).contains($0.value) }) else { return text }
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let base = out.last, let letter = compositions[scalar]?[base] {
                out.removeLast()
                out.append(letter)
            } else {
                out.append(scalar)
            }
        }
        return String(out)
    }

    private static let compositions: [Unicode.Scalar: [Unicode.Scalar: Unicode.Scalar]] = [
        "\u{300}": ["e": "è", "u": "ù", "i": "ì", "o": "ò", "a": "à"],
        "\u{301}": ["e": "é", "E": "É"],
        "\u{303}": ["n": "ñ", "N": "Ñ"],
        "\u{308}": ["a": "ä", "o": "ö", "u": "ü", "A": "Ä", "O": "Ö", "U": "Ü"],
        "\u{30A}": ["a": "å", "A": "Å"],
        "\u{327}": ["C": "Ç", "c": "ç"],
    ]
}
