import Core

extension InvalidInput {
    /// The same errors with `pointer` before theirs: compiling a condition tells places inside it, the sender needs them in the body.
    func below(_ pointer: String) -> InvalidInput {
        InvalidInput(errors.map { FieldError(pointer: pointer + $0.pointer, code: $0.code, detail: $0.detail) })
    }
}
