/// Writes the head of a response, refusing anything that could end a line early.
package enum ResponseHead {
    /// Whether only the server may write that field: framing and persistence are its own, and a handler's word could
    /// contradict its deeds.
    package static func isServers(_ name: String) -> Bool {
        switch name.utf8.count {
        case 4, 10, 14, 17:
            ["date", "connection", "content-length", "transfer-encoding"].contains { isSame(name, $0) }
        default:
            false
        }
    }

    private static func isSame(_ name: String, _ lowercase: StaticString) -> Bool {
        let bytes = name.utf8
        guard bytes.count == lowercase.utf8CodeUnitCount else { return false }
        return zip(bytes, UnsafeBufferPointer(start: lowercase.utf8Start, count: lowercase.utf8CodeUnitCount)).allSatisfy {
            ASCII.lowercased($0) == $1
        }
    }

    /// Appends `HTTP/1.1 status reason` and the line end.
    package static func appendStatusLine(_ status: Int, to output: inout [UInt8]) {
        if status == 200 {
            append("HTTP/1.1 200 OK\r\n", to: &output)
            return
        }
        let reason = reasonPhrase(status)
        append("HTTP/1.1 ", to: &output)
        append(decimal: UInt64(max(0, min(status, 999))), to: &output)
        output.append(ASCII.space)
        append(reason, to: &output)
        output.append(ASCII.carriageReturn)
        output.append(ASCII.lineFeed)
    }

    /// Appends `name: value`.
    ///
    /// - Returns: false, with nothing appended, if the name is not a token or the value has CR, LF, NUL or
    ///   another control byte (response splitting: SwiftNIO CVE-2022-3215). RFC 9110 §5.1, §5.5.
    package static func appendField(_ name: String, _ value: String, to output: inout [UInt8]) -> Bool {
        let start = output.count
        output.append(contentsOf: name.utf8)
        var isValid = output.count > start
        for index in start..<output.count where !ByteSet.token.contains(output[index]) { isValid = false }
        output.append(ASCII.colon)
        output.append(ASCII.space)
        let valueStart = output.count
        output.append(contentsOf: value.utf8)
        for index in valueStart..<output.count where !ByteSet.fieldValue.contains(output[index]) { isValid = false }
        guard isValid else {
            output.removeLast(output.count - start)
            return false
        }
        output.append(ASCII.carriageReturn)
        output.append(ASCII.lineFeed)
        return true
    }

    /// Appends a text of the program's own as it stands.
    package static func append(_ text: StaticString, to output: inout [UInt8]) {
        output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a number in decimal digits.
    package static func append(decimal value: UInt64, to output: inout [UInt8]) {
        var divisor: UInt64 = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            output.append(ASCII.zero + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    /// Appends a number in digits and lowercase letters.
    package static func append(base36 value: UInt64, to output: inout [UInt8]) {
        let start = output.count
        var rest = value
        repeat {
            let digit = UInt8(truncatingIfNeeded: rest % 36)
            output.append(digit < 10 ? ASCII.zero + digit : 0x61 + digit - 10)
            rest /= 36
        } while rest > 0
        output[start...].reverse()
    }

    /// Whether a response of that status has no content, whatever its fields say; one to HEAD never has. RFC 9112 §6.3.
    package static func hasNoContent(status: Int) -> Bool {
        status == 204 || status == 304 || (100..<200).contains(status)
    }

    /// RFC 9110 §15; the phrase is for people, clients ignore it.
    private static func reasonPhrase(_ status: Int) -> StaticString {
        switch status {
        case 100: "Continue"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Unknown"
        }
    }
}
