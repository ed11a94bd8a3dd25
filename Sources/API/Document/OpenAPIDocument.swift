import Core
import HTTPServer

/// Describes the endpoints in OpenAPI 3.1. Made from the same table as the router, so the two cannot tell different things.
struct OpenAPIDocument {
    private let groups: [RouteGroup]
    /// Schemas whose answers have an ETag: those that an endpoint with If-Match gives.
    private let versioned: Set<String>

    init(_ groups: [RouteGroup]) {
        self.groups = groups
        versioned = Set(groups.flatMap(\.endpoints).filter(\.takesIfMatch).flatMap { endpoint in
            endpoint.results.compactMap { if case .schema(let name) = $0.result { name } else { nil } }
        })
    }

    var json: JSONValue {
        [
            "openapi": "3.1.0",
            "info": ["title": "Clairon", "version": "1", "summary": "Self-hosted multi-channel push campaigns."],
            "tags": .array(groups.map { ["name": .string($0.name)] }),
            "paths": .object(paths),
            "components": ["schemas": .object(schemas), "responses": .object(RefusalText.responses), "headers": .object(RefusalText.headers), "securitySchemes": [
                "key": ["type": "http", "scheme": "bearer", "description": "A server key (`clr_…`) with the named scope, or an app key (`clra_…`) where it says so."],
            ]],
        ]
    }

    private var paths: JSONObject {
        var paths = JSONObject()
        for group in groups {
            for endpoint in group.endpoints {
                var path = paths[endpoint.template]?.object ?? JSONObject()
                path[endpoint.method.name.asciiLowercased] = operation(endpoint, group)
                paths[endpoint.template] = .object(path)
            }
        }
        return paths
    }

    private func operation(_ endpoint: Endpoint, _ group: RouteGroup) -> JSONValue {
        var operation: JSONObject = [
            "operationId": .string(operationID(endpoint)), "tags": [.string(group.name)], "summary": .string(endpoint.summary),
        ]
        let parameters = parameters(endpoint)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body = endpoint.body {
            let contents = body.types.flatMap { content($0.type, reference($0.schema)).members }
            operation["requestBody"] = ["required": .bool(body.isRequired), "content": .object(JSONObject(contents))]
        }
        var responses = JSONObject()
        for result in endpoint.results {
            var response: JSONObject = ["description": .string(OpenAPIDocument.description(of: result.status))]
            let headers = headers(endpoint, result.status, result.result)
            if !headers.isEmpty { response["headers"] = .object(RefusalText.reference(headers)) }
            switch result.result {
            case .empty: break
            case .schema(let name): response["content"] = .object(content("application/json", reference(name)))
            case .type(let type): response["content"] = .object(content(type, [:]))
            }
            responses[String(result.status)] = .object(response)
        }
        for status in endpoint.refusedStatuses where responses[String(status)] == nil {
            responses[String(status)] = ["$ref": .string("#/components/responses/\(status)")]
        }
        operation["responses"] = .object(responses)
        operation["security"] = security(endpoint.access)
        return .object(operation)
    }

    private func headers(_ endpoint: Endpoint, _ status: Int, _ result: Endpoint.Result) -> [String] {
        var names = endpoint.fixed == nil ? ["Request-Id"] : []
        if endpoint.access != .open { names += ["RateLimit", "RateLimit-Policy"] }
        if case .schema(let name) = result, versioned.contains(name) { names.append("ETag") }
        if endpoint.method == .POST, status == 201 { names.append("Location") }
        if endpoint.respondsAsync, status == 202 { names += ["Location", "Preference-Applied"] }
        if endpoint.idempotency != .none { names.append("Idempotency-Replayed") }
        return names
    }

    private func operationID(_ endpoint: Endpoint) -> String {
        let words = endpoint.template.split(separator: "/").map { part in
            String(decoding: part.utf8.map { $0.isASCIILetter || $0.isASCIIDigit ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
        }
        return ([endpoint.method.name.asciiLowercased] + words).joined(separator: "_")
    }

    private func parameters(_ endpoint: Endpoint) -> [JSONValue] {
        var parameters: [JSONValue] = endpoint.template.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
            ["name": .string(String(part.dropFirst().dropLast())), "in": "path", "required": true, "schema": pathSchema(String(part.dropFirst().dropLast()), endpoint.template)]
        }
        for parameter in endpoint.query {
            parameters.append(["name": .string(parameter.name), "in": "query", "required": .bool(parameter.isRequired),
                               "description": .string(parameter.summary), "schema": parse(parameter.schema)])
        }
        if endpoint.idempotency != .none {
            parameters.append(["name": "Idempotency-Key", "in": "header", "required": .bool(endpoint.idempotency == .required),
                               "description": "New for each thing to be done; a repeat with the same body gets the first answer again, for seven days.",
                               "schema": ["type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"]])
        }
        if endpoint.takesIfMatch {
            parameters.append(["name": "If-Match", "in": "header", "description": "The ETag of the version the change was made from.",
                               "schema": ["type": "string", "pattern": "^\"[0-9]{1,18}\"$", "examples": ["\"3\""]]])
        }
        if endpoint.respondsAsync {
            parameters.append(["name": "Prefer", "in": "header", "description": "`respond-async`: answer before the work is done (RFC 7240).",
                               "schema": ["type": "string", "examples": ["respond-async"]]])
        }
        if endpoint.results.contains(where: { $0.status == 304 }) {
            parameters.append(["name": "If-None-Match", "in": "header", "description": "ETags of the versions that are at hand: 304 when one of them is the present one.",
                               "schema": ["type": "string"]])
        }
        return parameters
    }

    /// What stands in a part of the path: a row's id goes by the collection it is in.
    private func pathSchema(_ name: String, _ template: String) -> JSONValue {
        if name == "external_id" { return ["type": "string", "minLength": 1, "maxLength": 256, "pattern": "^[^\\u0000-\\u001f\\u007f]+$"] }
        if name == "delivery" { return ["type": "string", "pattern": .string("^\(WebhookDeliveryID.prefix)_[1-9][0-9]{0,17}$")] }
        let prefixes = [
            "/v1/subscriptions/": SubscriptionID.prefix, "/v1/segments/": SegmentID.prefix, "/v1/campaigns/": CampaignID.prefix,
            "/v1/keys/": KeyID.prefix, "/v1/imports/": ImportID.prefix,
            "/v1/webhooks/": WebhookID.prefix,
        ]
        guard name == "id", let prefix = prefixes.first(where: { template.hasPrefix($0.key) })?.value else { return ["type": "string", "minLength": 1] }
        return ["type": "string", "pattern": .string("^\(prefix)_[1-9][0-9]{0,17}$"), "examples": [.string("\(prefix)_1")]]
    }

    private func security(_ access: Access) -> JSONValue {
        switch access {
        case .open: []
        case .server(let scopes): .array(scopes.map { ["key": [.string($0.rawValue)]] })
        case .serverOrApp(let scope): [["key": [.string(scope.rawValue)]], ["key": ["app"]]]
        }
    }

    private var schemas: JSONObject {
        var schemas: JSONObject = ["Problem": parse(OpenAPIDocument.problem)]
        for (name, text) in ConditionSchema.schemas.sorted(by: { $0.key < $1.key }) { schemas[name] = parse(text) }
        for group in groups {
            for (name, text) in group.schemas.sorted(by: { $0.key < $1.key }) {
                precondition(schemas[name] == nil, "the schema \(name) is there twice")
                schemas[name] = parse(text)
            }
        }
        return schemas
    }

    /// RFC 9457 section 3.1, and our members.
    private static let problem = #"""
        {"type":"object","required":["type","title","status","detail","code"],"properties":{
         "type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},"instance":{"type":"string"},
         "code":{"type":"string","examples":[\#(Problem.Code.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ","))]},
         "errors":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["pointer","code","detail"],"properties":{
           "pointer":{"type":"string","description":"JSON Pointer into the body; outside of it `?limit` is a parameter of the query, `If-Match` a header, `{external_id}` a part of the path."},"code":{"type":"string"},"detail":{"type":"string"}}}},
         "request_id":{"type":"string"}}}
        """#

    private func reference(_ schema: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(schema)")] }

    private func content(_ type: String, _ schema: JSONValue) -> JSONObject {
        var content = JSONObject()
        content[type] = ["schema": schema]
        return content
    }

    private func parse(_ text: String) -> JSONValue {
        do { return try JSONValue(parsing: Array(text.utf8)) } catch { preconditionFailure("a schema in the program is no JSON: \(error)") }
    }

    private static func description(of status: Int) -> String {
        switch status {
        case 200: "Done."
        case 201: "Made."
        case 202: "Taken; the work goes on."
        case 204: "Done; nothing to tell."
        case 304: "The version that `If-None-Match` names is the present one."
        case 207: "Done in part: the answer says what was refused."
        default: "Status \(status)."
        }
    }
}
