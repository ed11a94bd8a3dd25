import Core

/// The schema of merge patches (RFC 7396) for what another schema describes: every member of an object may be missing or null.
struct MergePatchSchema {
    /// JSON Schemas as text, by their name in `components/schemas`: objects among them are patched member by member too.
    let components: [String: String]

    func patch(for schema: JSONValue) -> JSONValue {
        if let name = schema["$ref"]?.string?.split(separator: "/").last, let text = components[String(name)],
            let found = try? JSONValue(parsing: Array(text.utf8)) {
            return found["type"] == "object" ? patch(for: found) : schema
        }
        guard var object = schema.object, object["type"] == "object" else { return schema }
        for keyword in ["required", "minProperties", "examples"] { object[keyword] = nil }
        for keyword in ["properties", "patternProperties"] {
            guard let members = object[keyword]?.object?.members else { continue }
            object[keyword] = .object(JSONObject(members.map { .init(name: $0.name, value: nullable($0.value)) }))
        }
        if let others = object["additionalProperties"], others.object != nil { object["additionalProperties"] = nullable(others) }
        return .object(object)
    }

    private func nullable(_ schema: JSONValue) -> JSONValue { ["anyOf": [patch(for: schema), ["type": "null"]]] }
}
