/// Finds the known word nearest to one that is not known, for "did you mean".
package enum Suggestion {
    /// `; did you mean "tier"?`, or nothing when no word is near.
    package static func text(for word: String, among words: [String]) -> String {
        nearest(to: word, among: words).map { "; did you mean \"\($0)\"?" } ?? ""
    }

    package static func nearest(to word: String, among words: [String]) -> String? {
        // Long or hostile words are not worth a quadratic comparison.
        guard word.utf8.count <= 64 else { return nil }
        let limit = max(1, word.utf8.count / 3)
        let near = words.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }
            .filter { $0.1 <= limit }
            .min { $0.1 < $1.1 }?.0
        // An abbreviation is near the one word that it begins.
        let begun = word.utf8.count >= 3 ? words.filter { $0.hasPrefix(word) } : []
        return near ?? (begun.count == 1 ? begun[0] : nil)
    }

    /// Levenshtein's edit distance over bytes; two neighbours swapped count as one edit.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
