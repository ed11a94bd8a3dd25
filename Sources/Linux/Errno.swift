import Glibc

/// A failed system call: which one, and the `errno` it left.
package struct Errno: Error, Sendable, Hashable, CustomStringConvertible {
    /// Name of the call as in section 2 or 3 of the manual, such as `accept4`.
    package let call: String
    /// Value of `errno` right after the call.
    package let code: Int32

    package init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    /// The error of the call that has just failed on this thread. Take it on the very next line.
    package static func last(_ call: String) -> Errno {
        Errno(call: call, code: errno)
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: 128)
        guard strerror_r(code, &text, text.count) == 0 else { return "\(call): error \(code)" }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return "\(call): \(String(decoding: bytes, as: UTF8.self)) (\(code))"
    }
}
