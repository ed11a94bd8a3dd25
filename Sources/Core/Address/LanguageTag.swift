/// BCP 47 language tags, as far as choosing a text needs them.
package enum LanguageTag {
    /// A primary subtag of 2 or 3 letters and further subtags of 1 to 8 letters or digits, at most 35 bytes (RFC 5646 section 2.1).
    package static func isValid(_ tag: String) -> Bool {
        guard tag.utf8.count <= 35 else { return false }
        var isPrimary = true
        var length = 0
        func isWhole() -> Bool { isPrimary ? length == 2 || length == 3 : (1...8).contains(length) }
        for byte in tag.utf8 {
            if byte == UInt8(ascii: "-") {
                guard isWhole() else { return false }
                (isPrimary, length) = (false, 0)
            } else {
                guard byte.isASCIILetter || (byte.isASCIIDigit && !isPrimary) else { return false }
                length += 1
            }
        }
        return isWhole()
    }

    /// The tag and its shorter forms, most specific first, folded to lower case: `zh-Hant-TW` gives `zh-hant-tw`, `zh-hant`, `zh`
    /// (RFC 4647 section 3.4, lookup).
    package static func fallbacks(of tag: String) -> [String] {
        var chain = [tag.asciiLowercased]
        while let last = chain.last, let dash = last.lastIndex(of: "-") { chain.append(String(last[..<dash])) }
        return chain
    }
}
