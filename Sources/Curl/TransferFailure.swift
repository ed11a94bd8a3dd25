import CCurl

/// A transfer that ended without an answer.
package struct TransferFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Disposition: Sendable, Hashable {
        /// The peer cannot have acted on it: sending again makes no duplicate.
        case notSent
        /// Bytes of the request left and no answer came: the peer may have acted on it, or not.
        case ambiguous
    }

    /// CURLcode.
    package let code: Int32
    /// libcurl's fixed text for the code, or ours: never a URL, a header or a body.
    package let reason: String
    package let disposition: Disposition

    /// For the ledger: a code, as short as those of providers.
    package let label: String

    package var description: String { "\(reason) (\(code), \(disposition))" }

    init(_ code: CURLcode, reason: String? = nil, label: String? = nil, disposition: Disposition) {
        self.label = label ?? "curl \(code.rawValue)"
        self.code = Int32(bitPattern: code.rawValue)
        self.reason = reason ?? String(cString: curl_easy_strerror(code))
        self.disposition = disposition
    }

    /// A request that cannot be put on the wire as it is.
    static func malformed(_ reason: String) -> TransferFailure {
        TransferFailure(CURLE_BAD_FUNCTION_ARGUMENT, reason: reason, disposition: .notSent)
    }
}
