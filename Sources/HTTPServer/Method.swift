/// A request method: a case-sensitive token. RFC 9110 §9.1.
package struct Method: Sendable, Hashable, CustomStringConvertible {
    package let name: String

    package init(_ name: String) { self.name = name }

    package static let GET = Method("GET")
    package static let HEAD = Method("HEAD")
    package static let POST = Method("POST")
    package static let PUT = Method("PUT")
    package static let PATCH = Method("PATCH")
    package static let DELETE = Method("DELETE")
    package static let OPTIONS = Method("OPTIONS")

    /// Whether some server could implement it here: anything else is a 501, not a 405.
    var isKnown: Bool {
        switch name {
        case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS": true
        default: false
        }
    }

    package var description: String { name }
}
