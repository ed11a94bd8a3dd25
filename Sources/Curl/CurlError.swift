import CCurl

/// A `Multi` cannot be set up or cannot go on: which call failed, and how.
///
/// A transfer that goes wrong is not an error but a value, `TransferFailure`.
package struct CurlError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The call or option, such as `CURLOPT_CAINFO` or `epoll_ctl`.
    package let call: String
    /// CURLcode of easy calls, CURLMcode of multi calls, errno of system calls.
    package let code: Int32

    init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    package var description: String { "\(call) failed with \(code)" }
}

/// libcurl itself, initialised once for the process.
enum CurlLibrary {
    /// CURLcode of `curl_global_init`; the first reader runs it.
    static let initialised = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
}
