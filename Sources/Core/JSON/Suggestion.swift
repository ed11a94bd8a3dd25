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
        return words.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }
            .filter { $0.1 <= limit }
            .min { $0.1 < $1.1 }?.0
    }

    /// Levenshtein's edit distance over bytes.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, byte) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let substitution = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
