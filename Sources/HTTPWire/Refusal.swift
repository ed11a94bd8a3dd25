/// Why bytes are not a request that this server takes: the status to answer before closing.
package struct Refusal: Error, Sendable, Hashable {
    /// HTTP status, 4xx or 501/505.
    package let status: Int
    /// Stable snake_case name, for counters and problem documents.
    package let code: String
    /// One sentence for the sender; never repeats what was sent.
    package let detail: String

    package init(_ status: Int, _ code: String, _ detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    static func malformed(_ detail: String) -> Refusal { Refusal(400, "malformed_request", detail) }
    static func headTooLarge(_ detail: String) -> Refusal { Refusal(431, "header_too_large", detail) }
}
