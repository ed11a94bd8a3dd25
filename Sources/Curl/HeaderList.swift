import CCurl

/// Header lines that many transfers share, such as those of an account, made once.
///
/// It ends with the lines that switch off what libcurl adds by itself (`Expect`, `Accept` and
/// `Content-Type`): a header is on the wire only if somebody asked for it.
package final class HeaderList: @unchecked Sendable {  // Written by `init` alone; readers hold a reference.
    private var lines = HeaderLines()
    /// Valid as long as this object.
    let head: UnsafeMutablePointer<curl_slist>?

    /// - Throws: `CurlError` if a name is not a token or a value holds a control byte.
    package init(_ headers: [(name: String, value: String)]) throws(CurlError) {
        guard let head = lines.write(headers, tail: Self.silence.list) else {
            throw CurlError(call: "CURLOPT_HTTPHEADER", code: Int32(CURLE_BAD_FUNCTION_ARGUMENT.rawValue))
        }
        self.head = head.list
    }

    /// A list without lines of its own.
    static var none: UnsafeMutablePointer<curl_slist>? { silence.list }

    private struct Silence: @unchecked Sendable {  // Never written after it is made, never freed.
        let list: UnsafeMutablePointer<curl_slist>?
    }

    private static let silence = Silence(list: StringList(["Expect:", "Accept:", "Content-Type:"]).release())
}
