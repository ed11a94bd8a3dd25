import Core

/// What the refusals have in common: `components/responses`, one for each status, and the headers of answers.
enum RefusalText {
    static let sentences: [(status: Int, sentence: String)] = [
        (400, "The request does not have the documented form. Nothing was changed."),
        (401, "A valid API key is required. Nothing was changed."),
        (403, "The key may not do this, or the identity proof is missing or wrong. Nothing was changed."),
        (404, "There is no such resource. Nothing was changed."),
        (408, "The request came too slowly. Nothing was changed."),
        (409, "The resource is not in a state that allows this, or the first request with this Idempotency-Key is still being worked on. Nothing was changed."),
        (412, "The resource has changed since: read it again. Nothing was changed."),
        (413, "The body is too large. Nothing was changed."),
        (414, "The target is too long. Nothing was changed."),
        (415, "The body has a media type or a content coding that is not taken here. Nothing was changed."),
        (422, "The form is right, a value is not acceptable; or the Idempotency-Key belongs to another request. Nothing was changed."),
        (429, "Too many requests: wait as long as Retry-After says. Nothing was changed."),
        (431, "The header section is too large. Nothing was changed."),
        (500, "Something went wrong here; the log has the request id."),
        (503, "Not now: repeat the request when Retry-After has passed. Nothing was changed."),
    ]

    static var responses: JSONObject {
        var responses = JSONObject()
        for (status, sentence) in sentences {
            var headers = reference(["Request-Id"])
            switch status {
            case 401: headers["WWW-Authenticate"] = header("WWW-Authenticate")
            case 409, 503: headers["Retry-After"] = header("Retry-After")
            case 415: for name in ["Accept-Encoding", "Accept-Patch"] { headers[name] = header(name) }
            case 429:
                for name in ["Retry-After", "RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"] {
                    headers[name] = header(name)
                }
            default: break
            }
            responses[String(status)] = [
                "description": .string(sentence), "headers": .object(headers),
                "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
            ]
        }
        return responses
    }

    static var headers: JSONObject {
        let texts: [(name: String, description: String, schema: JSONValue)] = [
            ("Accept-Encoding", "`identity`: the content codings that are taken (RFC 9110 section 12.5.3).", ["type": "string", "const": "identity"]),
            ("Accept-Patch", "The media types that PATCH takes (RFC 5789).", ["type": "string"]),
            ("ETag", "The version: give it as If-Match to change nothing else.", ["type": "string", "pattern": "^\"[0-9]+\"$"]),
            ("Idempotency-Replayed", "`true` on the recorded answer to a repeat.", ["type": "string", "const": "true"]),
            ("Location", "Where the new resource is.", ["type": "string", "pattern": "^/v1/"]),
            ("Preference-Applied", "`respond-async` (RFC 7240).", ["type": "string", "const": "respond-async"]),
            ("RateLimit", "How the key stands (draft-ietf-httpapi-ratelimit-headers-10).", ["type": "string"]),
            ("RateLimit-Limit", "Requests at once.", ["type": "string", "pattern": "^[0-9]+$"]),
            ("RateLimit-Policy", "The rate of the key.", ["type": "string"]),
            ("RateLimit-Remaining", "Requests that are left.", ["type": "string", "pattern": "^[0-9]+$"]),
            ("RateLimit-Reset", "Seconds until all are there again.", ["type": "string", "pattern": "^[0-9]+$"]),
            ("Request-Id", "Names this request in the log.", ["type": "string", "minLength": 1]),
            ("Retry-After", "Seconds to wait.", ["type": "string", "pattern": "^[0-9]+$"]),
            ("WWW-Authenticate", "`Bearer`.", ["type": "string"]),
        ]
        return JSONObject(texts.map { .init(name: $0.name, value: ["description": .string($0.description), "schema": $0.schema]) })
    }

    static func header(_ name: String) -> JSONValue { ["$ref": .string("#/components/headers/\(name)")] }

    static func reference(_ names: [String]) -> JSONObject { JSONObject(names.map { .init(name: $0, value: header($0)) }) }
}
