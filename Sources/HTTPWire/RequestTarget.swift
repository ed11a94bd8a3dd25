/// What a request asks for: the decoded segments of its path and the pairs of its query.
///
/// Origin form, absolute form (its authority is checked and replaces Host's, RFC 9112 §3.2.2) and the
/// asterisk of OPTIONS; the authority form belongs to CONNECT, which is refused.
package struct RequestTarget: Sendable {
    /// Percent-decoded. An escaped slash is a slash here: route by `segments`.
    package let path: String
    /// The path split at its slashes and then decoded; "/" has none, "/a/" has "a" and "".
    package let segments: [String]
    /// Pairs of `application/x-www-form-urlencoded`: "+" is a space, a name without "=" has an empty value.
    package let query: [(name: String, value: String)]
    /// The "*" of `OPTIONS *`.
    package let isAsterisk: Bool

    /// Whether a target is a path without escapes, query and segments that start with a dot: then it says what stands there,
    /// and nothing has to be decoded to know that it is valid.
    static func isPlain(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count > 0, bytes[0] == ASCII.slash else { return false }
        var previous = ASCII.slash
        for index in 0..<bytes.count {
            let byte = bytes[index]
            guard ByteSet.path.contains(byte), byte != ASCII.percent, byte != ASCII.dot || previous != ASCII.slash else { return false }
            previous = byte
        }
        return true
    }

    /// - Parameter bytes: as `isPlain` wants them.
    init(plain bytes: ArraySlice<UInt8>) {
        // ASCII throughout, so neither text can be nil.
        path = String(validating: bytes, as: UTF8.self) ?? ""
        segments = bytes.count == 1 ? [] : bytes.dropFirst().split(separator: ASCII.slash, omittingEmptySubsequences: false).map {
            String(validating: $0, as: UTF8.self) ?? ""
        }
        query = []
        isAsterisk = false
    }

    private init(path: String, segments: [String], query: [(name: String, value: String)], isAsterisk: Bool) {
        self.path = path
        self.segments = segments
        self.query = query
        self.isAsterisk = isAsterisk
    }

    private static let malformedPath = Refusal(400, "malformed_target", "The path is not valid.")
    private static let malformedQuery = Refusal(400, "malformed_target", "The query is not valid.")

    /// - Parameter bytes: the raw target, already free of bytes outside `ByteSet.target`.
    static func parse(_ bytes: Span<UInt8>, method: String) throws(Refusal) -> RequestTarget {
        guard bytes.count > 0 else { throw malformedPath }
        if bytes[0] == ASCII.slash { return try parseOrigin(bytes) }
        if bytes.count == 1, bytes[0] == ASCII.asterisk, method == "OPTIONS" {  // RFC 9112 §3.2.4
            return RequestTarget(path: "*", segments: [], query: [], isAsterisk: true)
        }
        return try parseAbsolute(bytes)
    }

    /// RFC 9112 §3.2.2, with the schemes of RFC 9110 §4.2.
    private static func parseAbsolute(_ bytes: Span<UInt8>) throws(Refusal) -> RequestTarget {
        let start: Int
        if bytes.count > 7, ASCII.equalsFolded(bytes.extracting(0..<7), "http://") {
            start = 7
        } else if bytes.count > 8, ASCII.equalsFolded(bytes.extracting(0..<8), "https://") {
            start = 8
        } else {
            throw Refusal(400, "malformed_target", "The target is neither a path nor an http URI.")
        }
        var end = start
        while end < bytes.count, bytes[end] != ASCII.slash, bytes[end] != ASCII.question { end += 1 }
        guard Authority.isValid(bytes.extracting(start..<end)) else {
            throw Refusal(400, "malformed_target", "The authority of the target is not a host and a port.")
        }
        return try parseOrigin(bytes.extracting(end..<bytes.count))
    }

    /// `[ absolute-path ] [ "?" query ]`.
    private static func parseOrigin(_ bytes: Span<UInt8>) throws(Refusal) -> RequestTarget {
        var end = 0
        while end < bytes.count, bytes[end] != ASCII.question {
            guard ByteSet.path.contains(bytes[end]) else { throw malformedPath }
            end += 1
        }
        let pathBytes = bytes.extracting(0..<end)
        var segments: [String] = []
        var start = 1
        while start < end || (start == end && start > 1) {
            var stop = start
            while stop < end, pathBytes[stop] != ASCII.slash { stop += 1 }
            guard let segment = PercentCoding.decode(pathBytes.extracting(start..<stop), plusIsSpace: false),
                  // RFC 3986 §6.2.2.3: senders remove these; what is left of them is an attempt to climb.
                  segment != ".", segment != ".." else { throw malformedPath }
            segments.append(segment)
            start = stop + 1
        }
        guard let path = end == 0 ? "/" : PercentCoding.decode(pathBytes, plusIsSpace: false) else {
            throw malformedPath
        }
        let query = end < bytes.count ? try parseQuery(bytes.extracting((end + 1)..<bytes.count)) : []
        return RequestTarget(path: path, segments: segments, query: query, isAsterisk: false)
    }

    private static func parseQuery(_ bytes: Span<UInt8>) throws(Refusal) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        var start = 0
        while start < bytes.count {
            var stop = start
            var equals = -1
            while stop < bytes.count, bytes[stop] != ASCII.ampersand {
                guard ByteSet.query.contains(bytes[stop]) else { throw malformedQuery }
                if bytes[stop] == ASCII.equals, equals < 0 { equals = stop }
                stop += 1
            }
            if stop > start {
                let nameEnd = equals < 0 ? stop : equals
                let valueStart = equals < 0 ? stop : equals + 1
                guard let name = PercentCoding.decode(bytes.extracting(start..<nameEnd), plusIsSpace: true),
                      let value = PercentCoding.decode(bytes.extracting(valueStart..<stop), plusIsSpace: true)
                else { throw malformedQuery }
                pairs.append((name, value))
            }
            start = stop + 1
        }
        return pairs
    }
}
