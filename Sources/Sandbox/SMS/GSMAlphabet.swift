/// The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038 section 6.2.1).
enum GSMAlphabet {
    /// How many septets a character takes, or nil when it is in neither table.
    static func septets(_ character: Unicode.Scalar) -> Int? { sizes[character] }

    /// Whether the whole text can be sent in 7 bits.
    static func contains(_ text: String) -> Bool { text.unicodeScalars.allSatisfy { sizes[$0] != nil } }

    /// What a gateway that was told 7 bits makes of the text: capital for small cedilla, `?` for all it does not have.
    static func transliterated(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { out.append(sizes[scalar] != nil ? scalar : scalar == "ç" ? "Ç" : "?") }
        return String(out)
    }

    private static let basic =
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
        + "abcdefghijklmnopqrstuvwxyzäöñüà"
    private static let extended = "\u{0C}^{}\\[~]|€"

    private static let sizes: [Unicode.Scalar: Int] = {
        var sizes: [Unicode.Scalar: Int] = [:]
        for scalar in basic.unicodeScalars { sizes[scalar] = 1 }
        for scalar in extended.unicodeScalars { sizes[scalar] = 2 }
        return sizes
    }()
}
