/// BCP 47 language tags, as far as choosing a text needs them.
package enum LanguageTag {
    /// A primary subtag of 2 or 3 letters and further subtags of 1 to 8 letters or digits, at most 35 bytes (RFC 5646 section 2.1).
    package static func isValid(_ tag: String) -> Bool {
        let subtags = tag.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard tag.utf8.count <= 35, let primary = subtags.first, (2...3).contains(primary.count),
            primary.allSatisfy(\.isASCIILetter)
        else { return false }
        return subtags.dropFirst().allSatisfy { subtag in
            (1...8).contains(subtag.count) && subtag.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit }
        }
    }

    /// The tag and its shorter forms, most specific first, folded to lower case: `zh-Hant-TW` gives `zh-hant-tw`, `zh-hant`, `zh`
    /// (RFC 4647 section 3.4, lookup).
    package static func fallbacks(of tag: String) -> [String] {
        var chain = [tag.asciiLowercased]
        while let last = chain.last, let dash = last.lastIndex(of: "-") { chain.append(String(last[..<dash])) }
        return chain
    }
}
