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

    @Test func `the kind of an import is required, its other parameters are not`() async throws {
        try await TestServer.run { server in
            let document = try await server.send("GET", "/v1/openapi.json", key: .some(nil)).json
            let parameters = document["paths"]?["/v1/imports"]?["post"]?["parameters"]?.array ?? []
            #expect(parameters.map { $0["required"] } == [true, false, false, false, nil])
            #expect(parameters.last?["name"] == "Prefer")
            let headers = document["paths"]?["/v1/imports"]?["post"]?["responses"]?["202"]?["headers"]?.object?.members.map(\.name) ?? []
            #expect(Set(headers).isSuperset(of: ["Location", "Preference-Applied"]))
        }
    }

    @Test func `every channel has its form of address and of content`() async throws {
        try await CampaignServer.run { server in
            let schemas = try JSONValue(parsing: server.api.document)["components"]?["schemas"]
            let channels = Set(Channel.delivered.map(\.rawValue))
            let addresses = schemas?["SubscriptionWrite"]?["discriminator"]?["mapping"]?.object?.members ?? []
            #expect(Set(addresses.map(\.name)) == channels)
            for (channel, reference) in addresses.map({ ($0.name, $0.value) }) {
                let name = reference.string?.split(separator: "/").last.map(String.init) ?? ""
                #expect(schemas?[name]?["properties"]?["channel"] == ["const": .string(channel)], "\(channel)")
            }
            #expect(Set(schemas?["Content"]?["properties"]?["channels"]?["properties"]?.object?.members.map(\.name) ?? []) == channels)
        }
    }

    @Test func `the documented address of each channel is one`() async throws {
        try await CampaignServer.run { server in
            let schemas = try JSONValue(parsing: server.api.document)["components"]?["schemas"]
            for form in schemas?["SubscriptionWrite"]?["discriminator"]?["mapping"]?.object?.members ?? [] where form.name != "fcm" {
                let name = form.value.string?.split(separator: "/").last.map(String.init) ?? ""
                let fields = schemas?[name]?["properties"]
                func example(_ schema: JSONValue?) -> JSONValue {
                    if let example = schema?["examples"]?.array?.first { return example }
                    let target = schema?["$ref"]?.string?.split(separator: "/").last.flatMap { schemas?[String($0)] } ?? schema
                    let members = target?["properties"]?.object?.members.filter { $0.name != "expirationTime" } ?? []
                    return .object(JSONObject(members.map { .init(name: $0.name, value: example($0.value)) }))
                }
                let body: JSONValue = ["profile": "u1", "channel": .string(form.name), "account": example(fields?["account"]), "address": example(fields?["address"])]
                let reply = try await server.send("POST", "/v1/subscriptions", body.text)
                #expect(reply.status == 201, "\(body.text): \(reply.text)")
            }
        }
    }

    @Test func `a patch may null whatever it may have, at every depth, and needs nothing`() async throws {
        try await CampaignServer.run { server in
            let schemas = try JSONValue(parsing: server.api.document)["components"]?["schemas"]
            let (write, patch) = (schemas?["CampaignWrite"], schemas?["CampaignPatch"])
            #expect(patch?["required"] == nil && patch?["additionalProperties"] == false)
            let fields = patch?["properties"]?.object?.members ?? []
            #expect(fields.map(\.name) == write?["properties"]?.object?.members.map(\.name) && !fields.isEmpty)
            func isNullable(_ schema: JSONValue?) -> Bool { schema?["anyOf"]?.array?.last == ["type": "null"] }
            #expect(fields.allSatisfy { isNullable($0.value) })
            let content = patch?["properties"]?["content"]?["anyOf"]?.array?.first
            #expect(content?["required"] == nil && content?["minProperties"] == nil)
            let texts = content?["patternProperties"]?.object?.members.first?.value
            #expect(isNullable(texts))
            let data = texts?["anyOf"]?.array?.first?["properties"]?["data"]
            #expect(isNullable(data) && isNullable(data?["anyOf"]?.array?.first?["additionalProperties"]))
            // Replaced as a whole, so not taken apart.
            #expect(patch?["properties"]?["audience"]?["anyOf"]?.array?.first == ["$ref": "#/components/schemas/Condition"])
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
