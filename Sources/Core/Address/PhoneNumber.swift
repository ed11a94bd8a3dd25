/// A phone number in E.164: `+`, a country code and up to 15 digits in all.
package struct PhoneNumber: Sendable, Hashable {
    package let e164: String

    /// Accepts E.164 only; separators and national forms are the caller's to clear up, since guessing a country would be guessing a person.
    package init?(e164 text: String) {
        let bytes = Array(text.utf8)
        guard (8...16).contains(bytes.count), bytes[0] == UInt8(ascii: "+"), bytes[1] != UInt8(ascii: "0"),
            bytes.dropFirst().allSatisfy(\.isASCIIDigit)
        else { return nil }
        e164 = text
    }

    /// Without the `+`.
    package var digits: String { String(e164.dropFirst()) }
}
