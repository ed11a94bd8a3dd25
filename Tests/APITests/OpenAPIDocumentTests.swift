import API
import Core
import HTTPServer
import Testing

@Suite struct OpenAPIDocumentTests {
    @Test func `the document has every route and no other`() async throws {
        try await TestServer.run { server in
            let reply = try await server.send("GET", "/v1/openapi.json", key: .some(nil))
            #expect(reply.status == 200 && reply.header("content-type") == "application/json")
            let documented = (reply.json["paths"]?.object?.members ?? []).flatMap { path in
                (path.value.object?.members ?? []).map { "\($0.name) \(path.name)" }
            }
            let routed = server.api.router.routes.map { "\($0.method.name.asciiLowercased) \($0.template)" }
            #expect(documented.sorted() == routed.sorted())
            #expect(Set(documented).count == documented.count)
        }
    }

    @Test func `every schema that is named is there, and every one that is there is named`() async throws {
        try await TestServer.run { server in
            let document = try await server.send("GET", "/v1/openapi.json", key: .some(nil)).json
            let schemas = document["components"]?["schemas"]?.object?.members.map(\.name) ?? []
            let used = references(in: document)
            #expect(used.subtracting(schemas).isEmpty)
            #expect(Set(schemas).subtracting(used) == [])
        }
    }

    @Test func `the kind of an import is required, its other parameter is not`() async throws {
        try await TestServer.run { server in
            let document = try await server.send("GET", "/v1/openapi.json", key: .some(nil)).json
            let parameters = document["paths"]?["/v1/imports"]?["post"]?["parameters"]?.array ?? []
            #expect(parameters.map { $0["required"] } == [true, false])
        }
    }

    private func references(in value: JSONValue) -> Set<String> {
        switch value {
        case .array(let elements): elements.reduce(into: []) { $0.formUnion(references(in: $1)) }
        case .object(let object):
            object.members.reduce(into: []) { found, member in
                if member.name == "$ref", let text = member.value.string, text.hasPrefix("#/components/schemas/") {
                    found.insert(String(text.dropFirst("#/components/schemas/".count)))
                } else {
                    found.formUnion(references(in: member.value))
                }
            }
        default: []
        }
    }
}
