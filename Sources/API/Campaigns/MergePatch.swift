import Core

/// JSON Merge Patch (RFC 7396 section 2): objects are merged member by member, null removes, anything else replaces.
enum MergePatch {
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
