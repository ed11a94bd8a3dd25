import Core

/// JSON Merge Patch (RFC 7396 section 2): objects are merged member by member, null removes, anything else replaces.
enum MergePatch {
    /// The same for a campaign's definition, but that a condition is one value: `{"tag":"vip"}` replaces `{"segment":"seg_1"}`,
    /// where merging would leave a statement with both fields, which means nothing.
    static func apply(_ patch: JSONObject, toDefinition definition: JSONObject) -> JSONValue {
        var base = definition
        for field in ["audience", "exclude"] where patch[field] != nil { base[field] = nil }
        return apply(.object(patch), to: .object(base))
    }

    static func apply(_ patch: JSONValue, to target: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        // Depth is bounded by the parser that made the patch.
        var merged = target.object ?? JSONObject()
        for change in changes.members {
            merged[change.name] = change.value == .null ? Optional.none : apply(change.value, to: merged[change.name] ?? .null)
        }
        return .object(merged)
    }
}
