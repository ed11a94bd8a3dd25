package import Core

extension Condition {
    /// Reads a condition; nil when a problem was added, each at the JSON Pointer of the wrong place.
    package init?(_ json: JSONValue, at pointer: String = "", errors: FieldErrors) {
        errors.add(pointer, "unsupported", "")
        return nil
    }
}
