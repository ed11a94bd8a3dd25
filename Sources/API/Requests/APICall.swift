package import Core
package import HTTPServer
package import Storage

/// One request on its way through its handler: the key has been checked, the body has not been read.
package struct APICall: Sendable {
    package let context: APIContext
    package let request: Request
    package let endpoint: Endpoint
    /// Nil on open endpoints.
    package let key: APIKey?
    /// The OpenAPI document of the whole.
    let document: [UInt8]

    package var store: Store { context.store }

    /// A part of the path.
    package func parameter(_ name: String) -> String { request.parameters[name] ?? "" }

    /// A part of the path that names a row (`seg_12`).
    ///
    /// - Throws: `Problem` 404 for a text that names none: no such row can be there.
    package func identifier<ID: Identifier>(_ name: String = "id", as type: ID.Type = ID.self) throws -> ID {
        guard let id = ID(parameter(name)) else {
            throw Problem(.notFound, "There is no such resource: an id here looks like \(ID.prefix)_1.")
        }
        return id
    }

    /// The person of the path.
    ///
    /// - Throws: `Problem` for a text that cannot be an external id.
    package func externalID() throws -> String {
        let text = parameter("external_id")
        guard ExternalID.isValid(text) else { throw Problem.parameter("{external_id}", "The external id in the path \(ExternalID.rule).") }
        return text
    }

    /// The JSON body.
    ///
    /// - Throws: `Problem` (415, 400 with the byte), `BodyError`.
    package func body() async throws -> JSONBody {
        try JSONBody.checkType(request, allowed: request.method == .PATCH ? ["application/json", "application/merge-patch+json"] : ["application/json"])
        return try JSONBody(try await bytes())
    }

    /// The JSON body, or an empty object when there is none.
    package func optionalBody() async throws -> JSONBody {
        let bytes = try await bytes()
        if bytes.isEmpty { return JSONBody(bytes: [], value: .object(JSONObject())) }
        try JSONBody.checkType(request, allowed: ["application/json"])
        return try JSONBody(bytes)
    }

    /// The whole body.
    ///
    /// - Throws: `Problem` 413, `BodyError`.
    func bytes() async throws -> [UInt8] {
        let limit = endpoint.bodyLimit(context)
        do { return try await request.body.collect(upTo: limit) } catch .tooLarge { throw Problem.tooLarge(limit, request) }
    }

    /// The query, of which only the documented parameters may be there, each once.
    ///
    /// - Throws: `Problem` 400.
    package func query() throws -> QueryReader {
        let query = request.query
        return query.isEmpty ? QueryReader.none : try QueryReader(query, known: endpoint.query.map(\.name))
    }
}

/// How the brand names people.
enum ExternalID {
    static let maxBytes = 256
    static let rule = "must have 1 to 256 bytes and no control characters"

    static func isValid(_ text: String) -> Bool {
        (1...maxBytes).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
