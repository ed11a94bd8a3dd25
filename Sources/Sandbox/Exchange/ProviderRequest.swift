import Core

/// A request as a simulated provider sees it: whole, decoded once, free of the server's types.
package struct ProviderRequest: Sendable {
    package var method: String
    /// The path split at its slashes and then percent-decoded.
    package var segments: [String]
    package var query: [(name: String, value: String)]
    /// Names in lower case, in the order received, duplicates kept.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Scheme, host and port under which the sender addressed us, as a URL's origin (RFC 6454 section 6.2).
    package var origin: String

    package init(
        _ method: String, _ segments: [String], query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], body: [UInt8] = [], origin: String = "http://127.0.0.1"
    ) {
        self.method = method
        self.segments = segments
        self.query = query
        self.headers = headers
        self.body = body
        self.origin = origin
    }

    /// The value of the first field of that name.
    package func header(_ lowercaseName: String) -> String? { headers.first { $0.name == lowercaseName }?.value }

    package func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The media type without its parameters, in lower case.
    var mediaType: String? {
        header("content-type").map { value in
            let type = value.utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
            return Substring(type).asciiLowercased
        }
    }

    /// The credentials behind a scheme of `Authorization`; the scheme's name is case-insensitive (RFC 9110 section 11.1).
    func credentials(_ lowercaseScheme: String) -> String? {
        guard let value = header("authorization"), let space = value.utf8.firstIndex(of: UInt8(ascii: " ")),
            value[..<space].asciiLowercased == lowercaseScheme
        else { return nil }
        let rest = value[space...].utf8.drop { $0 == UInt8(ascii: " ") }
        return rest.isEmpty ? nil : String(Substring(rest))
    }
}
