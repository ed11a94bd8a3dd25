internal import COpenSSL

/// What went wrong in this target: a call that libcrypto refused, or input it never got to see.
///
/// Carries no key, token or payload bytes, so it may be logged as it is.
package struct OpenSSLError: Error, Hashable, CustomStringConvertible {
    /// The libcrypto function, or the operation of ours, that failed.
    package let call: String
    /// libcrypto's own words, or what the input should have been.
    package let reason: String

    package init(call: String, reason: String) {
        self.call = call
        self.reason = reason
    }

    package var description: String { "\(call): \(reason)" }

    /// Takes the oldest entry of this thread's error queue, which names the cause, and empties the
    /// queue so that a later failure cannot be blamed on it.
    static func last(_ call: String) -> OpenSSLError {
        let code = ERR_peek_error()
        ERR_clear_error()
        guard code != 0 else { return OpenSSLError(call: call, reason: "failed without a reason") }
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        return OpenSSLError(call: call, reason: String(cString: text))
    }
}

extension String {
    /// A C text up to its first NUL; libcrypto's messages are ASCII.
    fileprivate init(cString: [CChar]) {
        self = cString.withUnsafeBufferPointer { String(validatingCString: $0.baseAddress!) ?? "unreadable" }
    }
}
