import Core

/// One text with places to fill: a strict subset of Liquid, compiled once to a flat program and rendered any number of times on
/// any thread. No loops, no assignments, no includes: rendering takes time proportional to the text.
///
///     Hello {{ profile.first_name | default: 'there' }}
///     {% if profile.tier == 'gold' and profile.points >= 100 %}…{% elsif profile.tags contains 'vip' %}…{% else %}…{% endif %}
///
/// `and` binds tighter than `or`. In a condition an unknown variable is nil; where it would be printed the recipient gets no
/// message, unless a `default` follows.
package struct Template: Sendable {
    /// The most that a text may render to, in bytes.
    package static let maxOutputBytes = 65_536

    let program: [Instruction]

    enum Instruction: Sendable {
        case text(String)
        case output(Output)
        /// Goes on at that index when the condition is false.
        case jumpUnless(Test, to: Int)
        case jump(to: Int)
    }

    /// - Parameter allowingURL: whether the text may name `url`; the url itself may not.
    package init(_ source: String, allowingURL: Bool = true) throws(TemplateError) {
        var parser = TemplateParser(source, allowingURL: allowingURL)
        program = try parser.parse()
    }

    /// Whether the text is the same for everyone.
    package var isConstant: Bool {
        program.allSatisfy { if case .text = $0 { true } else { false } }
    }

    /// What stands before the first place to fill.
    package var prefix: String {
        if case .text(let text)? = program.first { text } else { "" }
    }

    package enum Result: Sendable, Equatable {
        case text(String)
        /// This variable is unknown and has no default; as the template writes it.
        case missing(String)
        /// More than `maxOutputBytes`.
        case tooLarge
    }

    package func render(_ variables: Variables, url: String? = nil) -> Result {
        var out = ""
        var at = 0
        let scope = Scope(variables: variables, url: url)
        while at < program.count {
            switch program[at] {
            case .text(let text): out += text
            case .jump(let target):
                at = target
                continue
            case .jumpUnless(let test, let target):
                if !test.holds(in: scope) {
                    at = target
                    continue
                }
            case .output(let output):
                switch output.text(in: scope) {
                case .text(let text): out += text
                case let failure: return failure
                }
            }
            guard out.utf8.count <= Template.maxOutputBytes else { return .tooLarge }
            at += 1
        }
        return .text(out)
    }
}

/// Why a text is no template, and where. Lines and columns count from 1, columns in Unicode scalars.
package struct TemplateError: Error, Equatable, CustomStringConvertible {
    package let line: Int
    package let column: Int
    package let problem: String

    package var description: String { "line \(line), column \(column): \(problem)" }
}

/// `{{ value | filter: argument | … }}`
struct Output: Sendable {
    var value: Operand
    var filters: [FilterCall] = []

    func text(in scope: Scope) -> Template.Result {
        var value = value.value(in: scope)
        for call in filters {
            guard let next = call.filter.apply(value, call.arguments.map { $0.value(in: scope) }) else { return .tooLarge }
            value = next
        }
        return value.rendered.map(Template.Result.text) ?? .missing(self.value.source)
    }
}

struct FilterCall: Sendable {
    let filter: Filter
    let arguments: [Operand]
}

/// A condition: one of the rows must hold, a row holds when all of its comparisons do.
struct Test: Sendable {
    enum Comparison: String, Sendable, CaseIterable {
        case equal = "=="
        case notEqual = "!="
        case greater = ">"
        case less = "<"
        case greaterOrEqual = ">="
        case lessOrEqual = "<="
        case contains
    }

    struct Term: Sendable {
        let left: Operand
        let comparison: (Comparison, Operand)?
    }

    var rows: [[Term]]

    func holds(in scope: Scope) -> Bool {
        rows.contains { $0.allSatisfy { $0.holds(in: scope) } }
    }
}

extension Test.Term {
    /// Values of different types are unequal and in no order.
    func holds(in scope: Scope) -> Bool {
        let left = left.value(in: scope)
        guard let (comparison, right) = comparison else { return left.isTrue }
        let other = right.value(in: scope)
        return switch comparison {
        case .equal: left.equals(other)
        case .notEqual: !left.equals(other)
        case .less: left.precedes(other) ?? false
        case .greater: other.precedes(left) ?? false
        case .lessOrEqual: other.precedes(left).map { !$0 } ?? false
        case .greaterOrEqual: left.precedes(other).map { !$0 } ?? false
        case .contains: left.contains(other)
        }
    }
}
