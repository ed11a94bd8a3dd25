/// Rewrites a text into the GSM alphabet where that keeps its meaning: accents, quotes, dashes and spaces.
package enum Transliteration {
    /// The text in the GSM alphabet, or the first character that has no place in it.
    package enum Result: Sendable, Equatable {
        case written(String)
        case unwritable(Unicode.Scalar)
    }

    package static func gsm(_ text: String) -> Result {
        var out = String.UnicodeScalarView()
        for scalar in GSM7.composed(text).unicodeScalars {
            if GSM7.septets(scalar) != nil {
                out.append(scalar)
            } else if let replacement = replacements[scalar] {
                out.append(contentsOf: replacement.unicodeScalars)
            } else if !isDecoration(scalar) {
                return .unwritable(scalar)
            }
        }
        return .written(String(out))
    }

    /// What a reader loses nothing by: emoji and what joins them, combining marks, invisible characters.
    private static func isDecoration(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isEmoji { return true }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return true
        default: return false
        }
    }

    private static let replacements: [Unicode.Scalar: String] = {
        let families: [(String, String)] = [
            ("'", "\u{2018}\u{2019}\u{201A}\u{201B}\u{2032}\u{2039}\u{203A}`´ʼʹ"),
            ("\"", "\u{201C}\u{201D}\u{201E}\u{201F}\u{2033}«»"),
            ("-", "\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}·•"),
            (" ", "\t\u{A0}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200A}\u{202F}\u{205F}\u{3000}"),
            ("\n", "\u{2028}\u{2029}"), ("...", "…"), ("/", "⁄"), ("x", "×"), (":", "÷"), ("o", "°º"), ("a", "ª"),
            ("A", "ÀÁÂÃĀĂĄ"), ("a", "áâãāăą"), ("C", "ĆĈĊČ"), ("c", "çćĉċč"), ("D", "ĎĐÐ"), ("d", "ďđð"),
            ("E", "ÈÊËĒĔĖĘĚ"), ("e", "êëēĕėęě"), ("G", "ĜĞĠĢ"), ("g", "ĝğġģ"), ("H", "ĤĦ"), ("h", "ĥħ"),
            ("I", "ÌÍÎÏĨĪĬĮİ"), ("i", "íîïĩīĭįı"), ("J", "Ĵ"), ("j", "ĵ"), ("K", "Ķ"), ("k", "ķ"),
            ("L", "ĹĻĽŁ"), ("l", "ĺļľł"), ("N", "ŃŅŇ"), ("n", "ńņň"), ("O", "ÒÓÔÕŌŎŐ"), ("o", "óôõōŏő"),
            ("R", "ŔŖŘ"), ("r", "ŕŗř"), ("S", "ŚŜŞŠȘ"), ("s", "śŝşšș"), ("T", "ŢŤȚ"), ("t", "ţťț"),
            ("U", "ÙÚÛŨŪŬŮŰŲ"), ("u", "úûũūŭůűųµ"), ("W", "Ŵ"), ("w", "ŵ"), ("Y", "ÝŶŸ"), ("y", "ýÿŷ"),
            ("Z", "ŹŻŽ"), ("z", "źżž"), ("OE", "Œ"), ("oe", "œ"), ("SS", "ẞ"), ("Th", "Þ"), ("th", "þ"),
            ("(c)", "©"), ("(r)", "®"), ("(tm)", "™"), ("no", "№"), ("1/4", "¼"), ("1/2", "½"), ("3/4", "¾"),
            ("1", "¹"), ("2", "²"), ("3", "³"), ("<=", "≤"), (">=", "≥"), ("->", "→"), ("<-", "←"), ("+/-", "±"),
        ]
        var table: [Unicode.Scalar: String] = [:]
        for (replacement, family) in families {
            for scalar in family.unicodeScalars { table[scalar] = replacement }
        }
        return table
    }()
}
