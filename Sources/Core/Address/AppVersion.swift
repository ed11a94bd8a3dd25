/// Version numbers of apps (`5.2`, `5.10.1-beta`), in a form that sorts by their numbers.
package enum AppVersion {
    /// The numbers before any suffix, each padded to ten digits, without trailing zeros: `5.10` sorts after `5.9` and equals
    /// `5.10.0`. Nil for a text that does not start with a digit, or with a number of more than ten digits.
    package static func key(of version: String) -> String? {
        var key: [UInt8] = []
        var significant = 0
        var rest = version.utf8[...]
        while true {
            let digits = rest.prefix { $0.isASCIIDigit }
            let number = digits.drop { $0 == UInt8(ascii: "0") }
            guard !digits.isEmpty, number.count <= 10 else { break }
            if !key.isEmpty { key.append(UInt8(ascii: ".")) }
            key.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 10 - number.count))
            key.append(contentsOf: number)
            if !number.isEmpty || significant == 0 { significant = key.count }
            rest = rest[digits.endIndex...]
            guard rest.first == UInt8(ascii: ".") else { break }
            rest = rest.dropFirst()
        }
        guard significant > 0 else { return nil }
        return String(decoding: key[..<significant], as: UTF8.self)
    }
}
