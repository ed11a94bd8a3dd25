/// The words by which people stop and restart messages, in the languages they may use.
///
/// A stop counts when it is the first word, whatever follows ("Stop merci à vous"): missing one costs more than
/// heeding one too many. A start counts only as the whole message: consent must be unambiguous.
package struct ReplyKeywords: Sendable {
    package enum Meaning: Sendable, Equatable {
        case stop, start
    }

    /// Upper case, without accents or punctuation.
    package var stop: Set<String> = [
        "STOP", "ARRET", "ARRETER", "DESABONNER", "DESINSCRIRE",
        "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT",
    ]
    package var start: Set<String> = ["START", "YES", "UNSTOP", "OUI", "REPRISE"]

    package init() {}

    package func meaning(of text: String) -> Meaning? {
        // A keyword stands at the front; the rest of a long text need not be looked at.
        let tokens = ReplyKeywords.tokens(of: text.unicodeScalars.prefix(200))
        guard let first = tokens.first else { return nil }
        // "OPT-OUT" is one word with its punctuation taken out, "STOP.merci" two.
        if stop.contains(first.joined) || first.words.first.map(stop.contains) == true { return .stop }
        return tokens.count == 1 && start.contains(first.joined) ? .start : nil
    }

    /// What stands between spaces: its runs of letters and digits, and all of them joined.
    private struct Token {
        var words: [String] = []
        var joined: String { words.joined() }
    }

    private static func tokens(of scalars: some Sequence<Unicode.Scalar>) -> [Token] {
        var tokens: [Token] = []
        var token = Token()
        var word = ""
        func endWord() {
            if !word.isEmpty { token.words.append(word) }
            word = ""
        }
        func endToken() {
            endWord()
            if !token.words.isEmpty { tokens.append(token) }
            token = Token()
        }
        for scalar in scalars {
            if scalar.properties.isWhitespace {
                endToken()
            } else if scalar.properties.generalCategory == .nonspacingMark || scalar.value == 0 {
                continue
            } else if let letters = folded(scalar) {
                word += letters
            } else {
                endWord()
            }
        }
        endToken()
        return tokens
    }

    /// Upper case without accent; nil for what is neither a letter nor a digit.
    private static func folded(_ scalar: Unicode.Scalar) -> String? {
        let upper = scalar.properties.uppercaseMapping
        if let plain = upper.unicodeScalars.first.flatMap({ baseLetters[$0] }) { return plain }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .modifierLetter, .decimalNumber:
            return upper
        default: return nil
        }
    }

    private static let baseLetters: [Unicode.Scalar: String] = {
        let families: [(String, String)] = [
            ("A", "ÀÁÂÃÄÅĀĂĄ"), ("C", "ÇĆĈĊČ"), ("D", "ĎĐ"), ("E", "ÈÉÊËĒĔĖĘĚ"), ("G", "ĜĞĠĢ"), ("I", "ÌÍÎÏĨĪĬĮİ"),
            ("L", "ĹĻĽŁ"), ("N", "ÑŃŅŇ"), ("O", "ÒÓÔÕÖØŌŎŐ"), ("R", "ŔŖŘ"), ("S", "ŚŜŞŠȘ"), ("T", "ŢŤȚ"),
            ("U", "ÙÚÛÜŨŪŬŮŰŲ"), ("Y", "ÝŸ"), ("Z", "ŹŻŽ"), ("AE", "Æ"), ("OE", "Œ"),
        ]
        var letters: [Unicode.Scalar: String] = [:]
        for (base, family) in families {
            for scalar in family.unicodeScalars { letters[scalar] = base }
        }
        return letters
    }()
}
