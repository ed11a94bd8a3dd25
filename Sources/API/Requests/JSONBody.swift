package import Core
import HTTPServer

/// The body of a request, read as JSON.
package struct JSONBody: Sendable {
    /// As received.
    package let bytes: [UInt8]
    package let value: JSONValue

    init(bytes: [UInt8], value: JSONValue) {
        self.bytes = bytes
        self.value = value
    }

    /// - Throws: `Problem` that names the byte: 422 for a number that is too large, else 400.
    init(_ bytes: [UInt8]) throws {
        guard !bytes.isEmpty else { throw Problem(.invalidJSON, "A JSON body is required.") }
        do {
            self.init(bytes: bytes, value: try JSONValue(parsing: bytes))
        } catch {
            let (code, word): (Problem.Code, String) = error.isOutOfRange ? (.invalidValue, "out_of_range") : (.invalidJSON, "invalid_json")
            throw Problem(code, "\(error).", errors: [FieldError(pointer: "", code: word, detail: error.description)])
        }
    }

    /// Reads the body as one object: every problem is gathered, unknown fields among them.
    ///
    /// - Throws: `InvalidInput` when there is any problem.
    package func read<Value>(_ body: (inout ObjectReader) throws -> Value?) throws -> Value {
        try JSONBody.read(value, body)
    }

    /// The same for a part of a body.
    package static func read<Value>(_ value: JSONValue, at pointer: String = "", _ body: (inout ObjectReader) throws -> Value?) throws -> Value {
        let errors = FieldErrors()
        let found: Value? = try {
            guard var reader = ObjectReader(value, at: pointer, errors: errors) else { return nil }
            defer { reader.finish() }
            return try body(&reader)
        }()
        try errors.check()
        guard let found else { throw InvalidInput(pointer, "invalid_value", "is not acceptable") }
        return found
    }

    /// - Throws: `Problem` 415 unless `Content-Type` is there once and one of `allowed`, 400 for a part of a body (RFC 9110 section 14.5).
    /// - Returns: which one.
    @discardableResult
    static func checkType(_ request: Request, allowed: [String]) throws -> String {
        let headers = request.headers
        guard headers["content-range"] == nil else {
            throw Problem.parameter("Content-Range", "Send the whole body, without Content-Range: its parts are not put together here.")
        }
        let field = headers.only("content-type") ?? ""
        if allowed.contains(field) { return field }
        let parts = field.split(separator: ";", omittingEmptySubsequences: false).map { part in
            String(part.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed()).asciiLowercased
        }
        // RFC 8259 section 11 defines no parameter; a charset that says UTF-8 says nothing new. RFC 4180 section 3 defines `header`.
        let known = ["charset=utf-8", "charset=\"utf-8\"", ""] + (parts.first == "text/csv" ? ["header=present"] : [])
        guard let type = parts.first, allowed.contains(type), parts.dropFirst().allSatisfy(known.contains) else {
            throw Problem(.unsupportedMediaType, "Send the body as \(allowed.joined(separator: " or ")) in UTF-8, with one Content-Type.",
                          headers: request.method == .PATCH ? [("accept-patch", allowed.joined(separator: ", "))] : [])
        }
        return type
    }
}
