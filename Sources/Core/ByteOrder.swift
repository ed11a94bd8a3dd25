/// Texts as SQLite compares them, by their bytes: for Swift U+212A (KELVIN SIGN) is K, and é is e with an accent behind it.
extension String {
    package func hasBytes(of other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension Sequence<String> {
    /// In the order of their bytes, each once.
    package func inByteOrder() -> [String] {
        var texts: [String] = []
        for text in sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where texts.last.map({ !$0.hasBytes(of: text) }) ?? true {
            texts.append(text)
        }
        return texts
    }

    /// Those that `others` has not.
    package func without(_ others: [String]) -> [String] { filter { text in !others.contains { $0.hasBytes(of: text) } } }
}
