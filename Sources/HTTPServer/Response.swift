/// What to answer. Content-Length, Transfer-Encoding and Date are the server's to write.
package struct Response: Sendable {
    package var status: Int
    /// Names and values; one with CR, LF or another control byte turns the answer into a 500.
    package var headers: [(String, String)]
    /// Further fields, already laid out.
    package var block: FieldBlock?
    /// Whether a `request-id` field says which request this answers.
    package var namesRequest = false
    package var body: ResponseBody

    package init(status: Int, headers: [(String, String)] = [], body: ResponseBody = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package static func bytes(
        _ bytes: [UInt8], type: String, status: Int = 200, headers: [(String, String)] = []
    ) -> Response {
        Response(status: status, headers: [("content-type", type)] + headers, body: .bytes(bytes))
    }

    package static func text(_ text: String, status: Int = 200) -> Response {
        .bytes(Array(text.utf8), type: "text/plain; charset=utf-8", status: status)
    }
}

/// The content of an answer.
package enum ResponseBody: Sendable {
    case empty
    case bytes([UInt8])
    /// Content written piece by piece, sent in chunks. The closure runs after the head has been queued and
    /// ends the body by returning; it does not run for HEAD.
    case stream(@Sendable (ResponseWriter) async -> Void)
    /// No answer at all: the connection is cut, status and headers are not sent. For simulating servers that
    /// die, and for peers that deserve nothing better.
    case abort
}

/// Answers a request. Runs on the loop's thread unless it goes elsewhere by itself: it must not block.
package typealias Handler = @Sendable (Request) async -> Response
