package import Core

/// The condition as a boolean SQL expression over the alias `p` of table `profile`: 0 or 1, never null.
///
/// - Throws: `InvalidInput` when a named segment is missing, refers to itself, or makes the whole too deep or too large.
package func compile(_ condition: Condition, _ context: CompilationContext) throws(InvalidInput) -> SQLFragment {
    throw InvalidInput("", "unsupported", "")
}
