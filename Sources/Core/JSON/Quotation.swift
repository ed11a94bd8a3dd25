/// A name that a sender chose, fit to stand in a message: quoted and escaped as in JSON, and cut when it is long.
package struct Quotation: CustomStringConvertible {
    package static let maxScalars = 64

    package let description: String

    package init(_ name: String) {
        let start = name.unicodeScalars.prefix(Quotation.maxScalars)
        let isWhole = start.endIndex == name.unicodeScalars.endIndex
        description = JSONValue.string(String(start) + (isWhole ? "" : "…")).text
    }
}
