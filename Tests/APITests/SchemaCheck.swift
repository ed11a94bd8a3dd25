import API
import Core
import HTTPServer

/// Compares a value with a schema of the OpenAPI document, as far as the schemas of this document go (JSON Schema 2020-12).
struct SchemaCheck {
    let document: JSONValue

    /// What is wrong with the answer to `method` of `template`; nothing when it is as documented.
    func problems(_ reply: Reply, to method: String, _ template: String) -> [String] {
        guard let operation = document["paths"]?[template]?[method.asciiLowercased] else { return ["\(method) \(template) is not documented"] }
        if reply.status >= 400 {
            guard operation["responses"]?[String(reply.status)] != nil else { return ["\(method) \(template) gave the undocumented \(reply.status)"] }
            return reply.header("content-type") == "application/problem+json" && !reply.body.isEmpty
                ? problems(reply.json, against: ["$ref": "#/components/schemas/Problem"], at: "") : []
        }
        guard let response = operation["responses"]?[String(reply.status)] else { return ["\(method) \(template) gave the undocumented \(reply.status)"] }
        guard let content = response["content"]?.object?.members.first else { return reply.body.isEmpty ? [] : ["has a body"] }
        guard content.name == "*/*" || reply.header("content-type")?.hasPrefix(content.name) == true else { return ["is no \(content.name)"] }
        guard content.name == "application/json", let schema = content.value["schema"], method != "HEAD" else { return [] }
        return problems(reply.json, against: schema, at: "")
    }

    private func problems(_ value: JSONValue, against schema: JSONValue, at pointer: String) -> [String] {
        if let name = schema["$ref"]?.string?.split(separator: "/").last {
            guard let found = document["components"]?["schemas"]?[String(name)] else { return ["\(pointer): no schema \(name)"] }
            return problems(value, against: found, at: pointer)
        }
        if let choices = schema["oneOf"]?.array {
            let fits = choices.count { problems(value, against: $0, at: pointer).isEmpty }
            return fits == 1 ? [] : ["\(pointer): fits \(fits) of oneOf"]
        }
        if let choices = schema["anyOf"]?.array, !choices.contains(where: { problems(value, against: $0, at: pointer).isEmpty }) {
            return ["\(pointer): fits none of anyOf"]
        }
        if let words = schema["enum"]?.array, !words.contains(value) { return ["\(pointer): \(value.text) is not in the enum"] }
        if let constant = schema["const"], constant != value { return ["\(pointer): is not \(constant.text)"] }
        if let type = schema["type"] {
            let names = type.array?.compactMap(\.string) ?? [type.string ?? ""]
            guard names.contains(where: { fits(value, $0) }) else { return ["\(pointer): \(value.text) is no \(names)"] }
        }
        if schema["format"] == "date-time", let text = value.string, Timestamp(rfc3339: text) == nil { return ["\(pointer): \(text) is no time"] }
        var found: [String] = []
        if let object = value.object {
            for name in schema["required"]?.array?.compactMap(\.string) ?? [] where object[name] == nil { found.append("\(pointer)/\(name): is missing") }
            for member in object.members {
                let place = JSONPointer.join(pointer, member.name)
                if let property = schema["properties"]?[member.name] {
                    found += problems(member.value, against: property, at: place)
                } else if let pattern = schema["patternProperties"]?.object?.members.first, LanguageTag.isValid(member.name) {
                    // The only pattern of names that the document has is that of languages.
                    found += problems(member.value, against: pattern.value, at: place)
                } else if let others = schema["additionalProperties"] {
                    if others == false { found.append("\(place): is not documented") } else if others.object != nil {
                        found += problems(member.value, against: others, at: place)
                    }
                }
            }
        }
        if let items = schema["items"] {
            for (index, element) in (value.array ?? []).enumerated() { found += problems(element, against: items, at: JSONPointer.join(pointer, index)) }
        }
        return found
    }

    private func fits(_ value: JSONValue, _ type: String) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("integer", .int), ("number", .int), ("number", .double), ("string", .string), ("array", .array), ("object", .object): true
        default: false
        }
    }
}

extension API {
    /// The template of the endpoint that takes a target; literal segments go before parameters.
    func template(of target: String, _ method: String) -> String? {
        let path = target.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false)
        let fitting = endpoints.filter { endpoint in
            let parts = endpoint.template.split(separator: "/", omittingEmptySubsequences: false)
            return parts.count == path.count && zip(parts, path).allSatisfy { $0 == $1 || $0.hasPrefix("{") && !$1.isEmpty }
        }
        let template = (fitting.first { !$0.template.contains("{") } ?? fitting.first)?.template
        return fitting.contains { $0.template == template && $0.method.name == method } ? template : nil
    }
}
