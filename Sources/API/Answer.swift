package import Core
package import HTTPServer

/// What a handler answers when it has done what was asked.
package struct Answer: Sendable {
    package enum Content: Sendable {
        case none
        case json(JSONValue)
        case bytes([UInt8], type: String)
        case stream(type: String, @Sendable (ResponseWriter) async -> Void)
    }

    package var status: Int
    package var headers: [(String, String)]
    package var content: Content
    /// What is recorded in place of `content` for repeats of the request: nothing secret may be stored.
    package var recorded: JSONValue?
    /// Whom a recorded answer is about, so that it is erased with them.
    package var profile: ProfileID?

    package init(_ status: Int, _ json: JSONValue, headers: [(String, String)] = [], profile: ProfileID? = nil) {
        self.init(status, .json(json), headers: headers)
        self.profile = profile
    }

    package init(_ status: Int = 204, _ content: Content = .none, headers: [(String, String)] = []) {
        self.status = status
        self.content = content
        self.headers = headers
    }

    func response() -> Response {
        var response = Response(status: status, headers: headers)
        response.namesRequest = true
        response.block = .safety
        switch content {
        case .none: break
        case .json(let value):
            response.block = .json
            response.body = .bytes(value.bytes)
        case .bytes(let bytes, let type):
            response.headers.append(("content-type", type))
            response.body = .bytes(bytes)
        case .stream(let type, let write):
            response.headers.append(("content-type", type))
            response.body = .stream(write)
        }
        return response
    }
}

extension FieldBlock {
    private static let safe = [("cache-control", "no-store"), ("x-content-type-options", "nosniff")]

    /// On every answer: that nobody keeps it or guesses its type.
    static let safety = FieldBlock(safe)
    static let json = FieldBlock(safe + [("content-type", "application/json")])
    static let problem = FieldBlock(safe + [("content-type", "application/problem+json")])
}
