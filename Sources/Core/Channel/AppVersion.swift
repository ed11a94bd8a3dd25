/// The version of an app as its publisher writes it (`5.2`, `v5.10.1`, `6.0-beta.2`, `5.2 (1234)`), in a form that sorts by
/// its numbers. Missing numbers are zeros: `5.2` and `5.2.0` are the same version. Pre-releases come before their release
/// (Semantic Versioning 2.0.0, item 11); a build number says nothing about the order and is left out.
package struct AppVersion: Sendable, Hashable, Comparable {
    /// ASCII text whose byte order is the order of versions: what `subscription.app_version_key` holds.
    package let sortKey: String

    /// Nil for a text that begins with no number, or has parts that are neither a pre-release nor a build number.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 64 else { return nil }
        var at = 0
        if bytes.first.map(\.asciiLowercased) == UInt8(ascii: "v") { at = 1 }
        var key: [UInt8] = []
        key.reserveCapacity(32)
        var count = 0
        // Of the key, up to the last number that is not zero.
        var significant = 0
        while true {
            let start = at
            while at < bytes.count, bytes[at].isASCIIDigit { at += 1 }
            guard at > start, at - start <= 20, count < 8 else { return nil }
            let digits = bytes[start..<at].drop { $0 == UInt8(ascii: "0") }
            AppVersion.append(number: digits, to: &key)
            if !digits.isEmpty { significant = key.count }
            count += 1
            guard at < bytes.count, bytes[at] == UInt8(ascii: ".") else { break }
            at += 1
        }
        key.removeSubrange(significant...)
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") {
            let start = at + 1
            at = start
            while at < bytes.count, bytes[at].isVersionWord { at += 1 }
            let words = bytes[start..<at].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            guard !words.contains(where: \.isEmpty) else { return nil }
            key.append(UInt8(ascii: "-"))
            for (index, word) in words.enumerated() {
                // "!" sorts before every character of a word, so that fewer words come first.
                if index > 0 { key.append(UInt8(ascii: "!")) }
                AppVersion.append(word: word, to: &key)
            }
        } else {
            // After the pre-releases ("-"), before any further number (a letter).
            key.append(UInt8(ascii: "."))
        }
        guard AppVersion.isBuild(bytes[at...]) else { return nil }
        sortKey = String(decoding: key, as: UTF8.self)
    }

    package static func < (a: AppVersion, b: AppVersion) -> Bool { a.sortKey.utf8.lexicographicallyPrecedes(b.sortKey.utf8) }

    /// A letter that counts the digits, then the digits: `7` is `a7`, `12` is `b12`, nothing (zero) is `a0`.
    private static func append(number digits: ArraySlice<UInt8>, to key: inout [UInt8]) {
        key.append(UInt8(ascii: "a") + UInt8(max(digits.count, 1) - 1))
        if digits.isEmpty { key.append(UInt8(ascii: "0")) } else { key.append(contentsOf: digits) }
    }

    /// Numbers come before words.
    private static func append(word: ArraySlice<UInt8>, to key: inout [UInt8]) {
        if word.count <= 20, word.allSatisfy(\.isASCIIDigit) {
            key.append(UInt8(ascii: "0"))
            append(number: word.drop { $0 == UInt8(ascii: "0") }, to: &key)
        } else {
            key.append(UInt8(ascii: "1"))
            key.append(contentsOf: word.map(\.asciiLowercased))
        }
    }

    /// Nothing, `+metadata` or ` (1234)`.
    private static func isBuild(_ rest: ArraySlice<UInt8>) -> Bool {
        guard let first = rest.first else { return true }
        if first == UInt8(ascii: "+") { return rest.count > 1 && rest.dropFirst().allSatisfy(\.isVersionWord) }
        guard rest.starts(with: Array(" (".utf8)), rest.last == UInt8(ascii: ")") else { return false }
        let build = rest.dropFirst(2).dropLast()
        return !build.isEmpty && build.allSatisfy(\.isVersionWord)
    }
}

extension UInt8 {
    fileprivate var isVersionWord: Bool {
        isASCIIDigit || isASCIILetter || self == UInt8(ascii: "-") || self == UInt8(ascii: ".")
    }
}
