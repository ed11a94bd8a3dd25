/// A value bound to a `?`.
package enum SQLArgument: Sendable, Equatable {
    case null
    case int(Int64)
    case double(Double)
    case text(String)
}

/// A piece of SQL with its values in order. What is interpolated is bound (`\(value)`), nested (`\(fragment)`) or, in the loud
/// spelling and for text of this program only, inserted (`\(raw: word)`): user data has no way into the text.
package struct SQLFragment: Sendable, Equatable, ExpressibleByStringInterpolation {
    package var sql: String
    package var arguments: [SQLArgument]
    /// The fragment reads tables of the schema `ledger`, which must be attached.
    package var needsLedger: Bool

    package init(stringLiteral value: String) {
        sql = value
        arguments = []
        needsLedger = false
    }

    package init(stringInterpolation: StringInterpolation) { self = stringInterpolation.fragment }

    /// `(a AND b AND c)`: one flat chain in parentheses; `none` when there is no part.
    package static func joined(_ parts: [SQLFragment], by separator: StaticString, none: StaticString = "1") -> SQLFragment {
        switch parts.count {
        case 0: SQLFragment(stringLiteral: none.description)
        case 1: parts[0]
        default: "(\(chain(parts, by: separator)))"
        }
    }

    /// `a AND b AND c`, for places that need no parentheses.
    package static func chain(_ parts: [SQLFragment], by separator: StaticString) -> SQLFragment {
        var out = SQLFragment(stringLiteral: "")
        for (index, part) in parts.enumerated() {
            if index > 0 { out.sql += separator.description }
            out.append(part)
        }
        return out
    }

    /// `joined` for parts that are trees themselves. SQLite's parser has a stack of 100 symbols, and a parenthesis costs one there when
    /// nothing stands before it, three in the middle of a list: deep parts go first, shallow ones keep their order.
    package static func tree(_ parts: [SQLFragment], by separator: StaticString, none: StaticString) -> SQLFragment {
        let depths = parts.map(\.parenthesisDepth)
        guard let deepest = depths.max(), deepest > 8 else { return joined(parts, by: separator, none: none) }
        let order = parts.indices.sorted { depths[$0] != depths[$1] ? depths[$0] > depths[$1] : $0 < $1 }
        return joined(order.map { parts[$0] }, by: separator, none: none)
    }

    /// The literals of this target hold no parenthesis inside a string.
    private var parenthesisDepth: Int {
        var (depth, deepest) = (0, 0)
        for byte in sql.utf8 {
            if byte == UInt8(ascii: "(") { depth += 1 } else if byte == UInt8(ascii: ")") { depth -= 1 }
            deepest = max(deepest, depth)
        }
        return deepest
    }

    fileprivate mutating func append(_ other: SQLFragment) {
        sql += other.sql
        arguments += other.arguments
        needsLedger = needsLedger || other.needsLedger
    }

    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var fragment = SQLFragment(stringLiteral: "")

        package init(literalCapacity: Int, interpolationCount: Int) { fragment.sql.reserveCapacity(literalCapacity) }

        package mutating func appendLiteral(_ literal: String) { fragment.sql += literal }
        package mutating func appendInterpolation(_ nested: SQLFragment) { fragment.append(nested) }
        package mutating func appendInterpolation(raw word: StaticString) { fragment.sql += word.description }
        package mutating func appendInterpolation(_ value: Int64) { bind(.int(value)) }
        package mutating func appendInterpolation(_ value: Double) { bind(.double(value)) }
        package mutating func appendInterpolation(_ value: String) { bind(.text(value)) }

        private mutating func bind(_ argument: SQLArgument) {
            fragment.sql += "?"
            fragment.arguments.append(argument)
        }
    }
}
