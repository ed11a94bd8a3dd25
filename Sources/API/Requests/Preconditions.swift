import Core
import HTTPServer
import Storage

/// Versions as ETags: `"3"`, always strong (RFC 9110 section 8.8.3).
extension APICall {
    private static let quote = UInt8(ascii: "\"")

    /// A precondition that nobody looks at would be taken for one that holds.
    ///
    /// - Throws: `Problem` 400.
    func refuseForeignPreconditions() throws {
        let headers = request.headers
        if !endpoint.takesIfMatch, headers["if-match"] != nil {
            throw Problem.parameter("If-Match", "Send no If-Match: it is not compared with anything here.")
        }
        if endpoint.method != .GET, headers["if-none-match"] != nil {
            throw Problem.parameter("If-None-Match", "Send no If-None-Match: it is looked at with GET alone.")
        }
    }

    /// The version that `If-Match` asks for (RFC 9110 section 13.1.1): nil when there is none or it is `*`.
    ///
    /// - Throws: `Problem` 412 for an ETag that is none of ours, 400 for what is not one strong ETag.
    package func ifMatch() throws -> Int64? {
        let fields = request.headers.all("if-match")
        guard let field = fields.first, fields != ["*"] else { return nil }
        let tag = field.dropFirst().dropLast()
        guard fields.count == 1, field.utf8.count >= 2, field.utf8.first == Self.quote, field.utf8.last == Self.quote, !tag.utf8.contains(Self.quote) else {
            throw Problem.parameter("If-Match", "If-Match must be there once and hold one ETag as this server gave it, such as \"3\", or *.")
        }
        guard let version = tag.decimal else { throw StorageError.versionMismatch }
        return version
    }

    /// Whether `If-None-Match` names the version that is there (RFC 9110 section 13.1.2: compared weakly; `*`, alone, names any). What is
    /// no list of ETags names none.
    func isKnown(_ version: Int64) -> Bool {
        let fields = request.headers.all("if-none-match")
        return fields == ["*"] || fields.contains { Self.tags(of: $0)?.contains { $0.elementsEqual(String(version).utf8) } ?? false }
    }

    /// What stands between the quotes, where a comma parts nothing: nil for what is no list of ETags.
    private static func tags(of field: String) -> [Substring.UTF8View]? {
        let separators = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ",")]
        var tags: [Substring.UTF8View] = []
        var rest = field[...].utf8
        while true {
            rest = rest.drop(while: separators.contains)
            if rest.isEmpty { return tags }
            if rest.starts(with: "W/".utf8) { rest = rest.dropFirst(2) }
            guard rest.first == quote, let end = rest.dropFirst().firstIndex(of: quote) else { return nil }
            tags.append(rest[..<end].dropFirst())
            rest = rest[end...].dropFirst()
            guard rest.first.map(separators.contains) ?? true else { return nil }
        }
    }
}

extension Answer {
    /// RFC 9110 section 15.4.5.
    init(notModified version: Int64) { self.init(304, .none, headers: [("etag", "\"\(version)\"")]) }
}
