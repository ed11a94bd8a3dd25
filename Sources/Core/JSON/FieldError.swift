/// One thing wrong with an input: where (a JSON Pointer, RFC 6901), a stable code, and what to do about it.
package struct FieldError: Sendable, Equatable {
    package let pointer: String
    package let code: String
    package let detail: String

    package init(pointer: String, code: String, detail: String) {
        self.pointer = pointer
        self.code = code
        self.detail = detail
    }
}

/// An input was refused; nothing has been changed.
package struct InvalidInput: Error, Equatable {
    package let errors: [FieldError]

    package init(_ errors: [FieldError]) { self.errors = errors }

    package init(_ pointer: String, _ code: String, _ detail: String) {
        errors = [FieldError(pointer: pointer, code: code, detail: detail)]
    }
}

/// Gathers every problem of one input, so that the sender sees them all at once. Used on one task only.
package final class FieldErrors {
    package private(set) var list: [FieldError] = []

    package init() {}

    package var isEmpty: Bool { list.isEmpty }

    package func add(_ pointer: String, _ code: String, _ detail: String) {
        // A hostile document must not make us write an endless answer.
        if list.count < 50 { list.append(FieldError(pointer: pointer, code: code, detail: detail)) }
    }

    /// - Throws: `InvalidInput` when anything was added.
    package func check() throws(InvalidInput) {
        if !list.isEmpty { throw InvalidInput(list) }
    }
}

/// Builds JSON Pointers: `~` and `/` in a name are escaped (RFC 6901 section 3).
package enum JSONPointer {
    package static func join(_ pointer: String, _ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return "\(pointer)/\(name)" }
        var out = pointer + "/"
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": out += "~0"
            case "/": out += "~1"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    package static func join(_ pointer: String, _ index: Int) -> String { "\(pointer)/\(index)" }
}
