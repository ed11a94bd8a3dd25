package import Core
package import HTTPServer
import OpenSSL
import Storage

/// A refusal the sender can act on, answered as `application/problem+json` (RFC 9457).
package struct Problem: Error, Sendable {
    /// Every refusal there is: the stable code, its status and its title.
    package enum Code: String, Sendable, CaseIterable {
        case invalidJSON = "invalid_json"
        case invalidCSV = "invalid_csv"
        case invalidRequest = "invalid_request"
        case invalidParameter = "invalid_parameter"
        case idempotencyKeyRequired = "idempotency_key_required"
        case unauthorized
        case missingScope = "missing_scope"
        case appKeyForbidden = "app_key_forbidden"
        case identityProofInvalid = "identity_proof_invalid"
        case notFound = "not_found"
        case requestTimeout = "request_timeout"
        case conflict
        case idempotencyInProgress = "idempotency_in_progress"
        case versionMismatch = "version_mismatch"
        case payloadTooLarge = "payload_too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case invalidValue = "invalid_value"
        case idempotencyKeyReused = "idempotency_key_reused"
        case rateLimited = "rate_limited"
        case internalError = "internal_error"
        case unavailable
        case storageFull = "storage_full"

        package var status: Int { row.status }
        package var title: String { row.title }

        private var row: (status: Int, title: String) {
            switch self {
            case .invalidJSON: (400, "The body is not acceptable JSON")
            case .invalidCSV: (400, "The body is not acceptable CSV")
            case .invalidRequest: (400, "The body does not have the documented form")
            case .invalidParameter: (400, "A parameter of the URL or a header is not valid")
            case .idempotencyKeyRequired: (400, "This request needs an Idempotency-Key")
            case .unauthorized: (401, "A valid API key is required")
            case .missingScope: (403, "The key lacks a scope")
            case .appKeyForbidden: (403, "App keys may not do this")
            case .identityProofInvalid: (403, "The identity proof is missing or wrong")
            case .notFound: (404, "There is no such resource")
            case .requestTimeout: (408, "The body came too slowly")
            case .conflict: (409, "The resource is not in a state that allows this")
            case .idempotencyInProgress: (409, "The same request is being worked on")
            case .versionMismatch: (412, "The resource has changed since")
            case .payloadTooLarge: (413, "The body is too large")
            case .unsupportedMediaType: (415, "The body has a type that is not taken here")
            case .invalidValue: (422, "A value is not acceptable")
            case .idempotencyKeyReused: (422, "The Idempotency-Key belongs to another request")
            case .rateLimited: (429, "Too many requests")
            case .internalError: (500, "Something went wrong here")
            case .unavailable: (503, "Not now")
            case .storageFull: (503, "The disk is full")
            }
        }
    }

    package let code: Code
    /// What is wrong with this request and what to do about it.
    package let detail: String
    package var errors: [FieldError] = []
    package var headers: [(String, String)] = []

    package init(_ code: Code, _ detail: String, errors: [FieldError] = [], headers: [(String, String)] = []) {
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers
    }

    /// What an error that a handler threw means to the sender. Anything unexpected is a 500 that says nothing of its cause.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let input as InvalidInput: self.init(input)
        case let body as BodyError: self.init(body)
        case let storage as StorageError: self.init(storage)
        default: self.init(.internalError, "The request was not carried out; the log has its request id.")
        }
    }

    /// 400 when the form is wrong, 422 when the form is right and a value is not.
    init(_ input: InvalidInput) { self.init(input, formal: ["unknown_field", "wrong_type", "missing"]) }

    /// - Parameter formal: the codes of errors in the form.
    init(_ input: InvalidInput, formal: Set<String>) {
        let isForm = input.errors.contains { formal.contains($0.code) }
        self.init(isForm ? .invalidRequest : .invalidValue, Problem.sentence(input.errors, about: "the body"), errors: input.errors)
    }

    /// A part of the request that is not in its body.
    ///
    /// - Parameter pointer: `?limit` for a parameter of the query, `If-Match` for a header, `{external_id}` for a part of the path.
    static func parameter(_ pointer: String, _ detail: String, _ code: Code = .invalidParameter) -> Problem {
        Problem(code, detail, errors: [FieldError(pointer: pointer, code: code.rawValue, detail: detail)])
    }

    static func tooLarge(_ limit: Int, _ request: Request) -> Problem {
        Problem(.payloadTooLarge, "The body is too large: this resource takes at most \(limit) bytes." + moreBytes(request))
    }

    /// Where more can be sent than one body may hold.
    private static func moreBytes(_ request: Request?) -> String {
        guard let path = request?.path, ["/v1/subscriptions", "/v1/events"].contains(path) || path.hasPrefix("/v1/profiles/") else { return "" }
        return " Send more through POST /v1/imports."
    }

    /// What to tell first of a list of errors.
    ///
    /// - Parameter whole: what an empty pointer points to.
    static func sentence(_ errors: [FieldError], about whole: String) -> String {
        guard let first = errors.first else { return "Nothing was changed: see errors." }
        let place = first.pointer.isEmpty ? whole + " " : first.pointer + ": "
        let more = errors.count > 1 ? " (and \(errors.count - 1) more)" : ""
        let text = "Nothing was changed: \(place)\(first.detail)\(more)"
        return text.utf8.last == UInt8(ascii: "?") || text.utf8.last == UInt8(ascii: ".") ? text : text + "."
    }

    init(_ body: BodyError) {
        switch body {
        case .tooLarge: self.init(.payloadTooLarge, "The body is larger than this resource takes.")
        case .timeout: self.init(.requestTimeout, "The body came too slowly.")
        case .disconnected, .malformed: self.init(.invalidRequest, "The body ended early or its framing is broken.")
        }
    }

    init(_ storage: StorageError) {
        switch storage {
        case .notFound: self.init(.notFound, "There is no such resource.")
        case .conflict(let state): self.init(.conflict, "\(state).")
        case .versionMismatch: self.init(.versionMismatch, "Read the resource again and repeat the change with its ETag.")
        case .full: self.init(.storageFull, "Nothing was changed: the disk of the server is full.", headers: [("retry-after", "30")])
        case .overloaded: self.init(.unavailable, "Nothing was changed: the server is busy.", headers: [("retry-after", "1")])
        case .unusable: self.init(.internalError, "The request was not carried out; the log has its request id.")
        }
    }

    /// The answer, with the members RFC 9457 section 3.1 names and our own.
    func response(to request: Request?) -> Response {
        ProblemDocument(status: code.status, code: code.rawValue, title: code.title, detail: detail, errors: errors)
            .response(to: request, headers: headers)
    }

    /// The answer for what never reaches a handler (`Router.Problem`).
    package static let ofServer: Router.Problem = { status, code, sentence, request in
        let known = Code(rawValue: code)
        let detail = known == .payloadTooLarge ? sentence + moreBytes(request) : sentence
        return ProblemDocument(status: status, code: code, title: known?.title ?? sentence, detail: detail, errors: [])
            .response(to: request, headers: [])
    }
}

private struct ProblemDocument {
    let status: Int
    let code: String
    let title: String
    let detail: String
    let errors: [FieldError]

    func response(to request: Request?, headers: [(String, String)]) -> Response {
        var body: JSONObject = [
            "type": .string("urn:clairon:problem:\(code)"), "title": .string(title), "status": .int(Int64(status)),
            "detail": .string(detail), "code": .string(code),
        ]
        if !errors.isEmpty {
            body["errors"] = .array(errors.map {
                ["pointer": .string($0.pointer), "code": .string($0.code), "detail": .string($0.detail)]
            })
        }
        if let request {
            body["instance"] = .string(request.path)
            body["request_id"] = .string(request.id)
        }
        var headers = headers
        if request == nil {
            // Refused before it was a request: it gets a name all the same, for whoever asks about it.
            let id = "req_" + Hex.encode(SecureRandom.bytes(12))
            body["request_id"] = .string(id)
            headers.append(("request-id", id))
        }
        var response = Response(status: status, headers: headers, body: .bytes(JSONValue.object(body).bytes))
        response.block = .problem
        response.namesRequest = request != nil
        return response
    }
}
