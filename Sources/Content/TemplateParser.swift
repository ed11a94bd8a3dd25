import Core

/// Reads a template: text, `{{ … }}` and `{% … %}`. One pass, no recursion; what is open waits on a stack.
struct TemplateParser {
    static let maxSourceBytes = 65_536
    static let maxInstructions = 2_000
    static let maxNesting = 16
    static let maxFilters = 16
    static let maxTerms = 50

    private var lexer: TemplateLexer
    private let allowingURL: Bool
    private var program: [Template.Instruction] = []
    private var open: [Block] = []

    /// An `if` that waits for its `endif`.
    private struct Block {
        let start: Int
        /// The test that goes on here when it fails.
        var failing: Int?
        /// The ends of the branches before, which go on after the `endif`.
        var ends: [Int] = []
        var hasElse = false
    }

    init(_ source: String, allowingURL: Bool) {
        lexer = TemplateLexer(source)
        self.allowingURL = allowingURL
    }

    mutating func parse() throws(TemplateError) -> [Template.Instruction] {
        guard lexer.count <= TemplateParser.maxSourceBytes else {
            throw lexer.error(at: 0, "must be at most \(TemplateParser.maxSourceBytes) bytes")
        }
        while true {
            let (text, opening) = lexer.text()
            if !text.isEmpty { program.append(.text(text)) }
            guard program.count <= TemplateParser.maxInstructions else {
                throw lexer.error(at: lexer.at, "must have at most \(TemplateParser.maxInstructions) parts")
            }
            switch opening {
            case .output: program.append(.output(try output()))
            case .tag: try tag()
            case nil:
                if let block = open.last { throw lexer.error(at: block.start, "\"if\" without \"endif\"") }
                return program
            }
        }
    }

    // MARK: tags

    private mutating func tag() throws(TemplateError) {
        let token = try lexer.next()
        guard case .word(let word) = token.kind else { throw lexer.error(at: token.start, "a tag is expected: if, elsif, else or endif") }
        switch word {
        case "if":
            guard open.count < TemplateParser.maxNesting else {
                throw lexer.error(at: token.start, "must nest at most \(TemplateParser.maxNesting) levels")
            }
            open.append(Block(start: token.start))
            try branch(unless: try test())
        case "elsif":
            try endBranch(word, at: token.start)
            try branch(unless: try test())
        case "else":
            try endBranch(word, at: token.start)
            open[open.count - 1].hasElse = true
            try close("%}")
        case "endif":
            guard let block = open.popLast() else { throw lexer.error(at: token.start, "\"endif\" without \"if\"") }
            if let failing = block.failing { patch(failing) }
            for end in block.ends { patch(end) }
            try close("%}")
        default:
            throw lexer.error(at: token.start, "unknown tag \"\(word)\""
                + Suggestion.text(for: word, among: ["if", "elsif", "else", "endif"]))
        }
    }

    private mutating func branch(unless test: Test) throws(TemplateError) {
        open[open.count - 1].failing = program.count
        program.append(.jumpUnless(test, to: 0))
    }

    /// Before `elsif` and `else`: the branch so far jumps to the end, a failing test goes on here.
    private mutating func endBranch(_ word: String, at start: Int) throws(TemplateError) {
        guard let block = open.last else { throw lexer.error(at: start, "\"\(word)\" without \"if\"") }
        guard !block.hasElse else { throw lexer.error(at: start, "\"\(word)\" after \"else\"") }
        open[open.count - 1].ends.append(program.count)
        program.append(.jump(to: 0))
        if let failing = block.failing { patch(failing) }
        open[open.count - 1].failing = nil
    }

    /// Lets the jump at that index go on here.
    private mutating func patch(_ index: Int) {
        switch program[index] {
        case .jumpUnless(let test, _): program[index] = .jumpUnless(test, to: program.count)
        case .jump: program[index] = .jump(to: program.count)
        case .text, .output: preconditionFailure("only jumps wait for their target")
        }
    }

    private mutating func close(_ end: String) throws(TemplateError) {
        let token = try lexer.next()
        guard token.kind == .end(end) else { throw unexpected(token, "\"\(end)\"") }
    }

    // MARK: expressions

    private mutating func test() throws(TemplateError) -> Test {
        var rows: [[Test.Term]] = [[]]
        var count = 0
        while true {
            let left = try operand(try lexer.next())
            var token = try lexer.next()
            var comparison: (Test.Comparison, Operand)?
            if let found = self.comparison(token) {
                comparison = (found, try operand(try lexer.next()))
                token = try lexer.next()
            }
            rows[rows.count - 1].append(Test.Term(left: left, comparison: comparison))
            count += 1
            guard count <= TemplateParser.maxTerms else {
                throw lexer.error(at: token.start, "must compare at most \(TemplateParser.maxTerms) times")
            }
            switch token.kind {
            case .word("and"): continue
            case .word("or"): rows.append([])
            case .end("%}"): return Test(rows: rows)
            default: throw unexpected(token, "a comparison, \"and\", \"or\" or \"%}\"")
            }
        }
    }

    private func comparison(_ token: TemplateLexer.Token) -> Test.Comparison? {
        switch token.kind {
        case .word("contains"): .contains
        case .symbol(let symbol): Test.Comparison(rawValue: symbol)
        default: nil
        }
    }

    private mutating func output() throws(TemplateError) -> Output {
        var output = Output(value: try operand(try lexer.next()))
        var token = try lexer.next()
        while token.kind == .symbol("|") {
            guard output.filters.count < TemplateParser.maxFilters else {
                throw lexer.error(at: token.start, "must have at most \(TemplateParser.maxFilters) filters")
            }
            let (call, next) = try filter()
            output.filters.append(call)
            token = next
        }
        guard token.kind == .end("}}") else { throw unexpected(token, "\"|\" or \"}}\"") }
        return output
    }

    /// The call, and the token after it.
    private mutating func filter() throws(TemplateError) -> (FilterCall, TemplateLexer.Token) {
        let name = try lexer.next()
        guard case .word(let word) = name.kind else { throw unexpected(name, "a filter") }
        guard let filter = Filter(rawValue: word) else {
            throw lexer.error(at: name.start, "unknown filter \"\(word)\""
                + Suggestion.text(for: word, among: Filter.allCases.map(\.rawValue)))
        }
        var arguments: [Operand] = []
        var token = try lexer.next()
        if token.kind == .symbol(":") {
            repeat {
                arguments.append(try operand(try lexer.next()))
                token = try lexer.next()
            } while token.kind == .symbol(",") && arguments.count <= filter.arity.upperBound
        }
        guard filter.arity.contains(arguments.count) else {
            let wanted = filter.arity.count == 1 ? "\(filter.arity.lowerBound)" : "\(filter.arity.lowerBound) or \(filter.arity.upperBound)"
            throw lexer.error(at: name.start, "\"\(word)\" takes \(wanted) argument\(wanted == "1" ? "" : "s"), has \(arguments.count)")
        }
        if filter == .date {
            guard case .literal(.string(let format)) = arguments[0] else {
                throw lexer.error(at: name.start, "\"date\" takes a literal format such as '%d/%m/%Y'")
            }
            if let directive = DateFormat.unknownDirective(in: format) {
                throw lexer.error(at: name.start, "unknown date directive \"%\(directive)\": known are %Y %y %m %d %e %H %I %M %S %p %j %%")
            }
        }
        return (FilterCall(filter: filter, arguments: arguments), token)
    }

    private mutating func operand(_ token: TemplateLexer.Token) throws(TemplateError) -> Operand {
        switch token.kind {
        case .string(let text): return .literal(.string(text))
        case .number(let number): return .literal(number)
        case .word("true"): return .literal(true)
        case .word("false"): return .literal(false)
        case .word("nil"): return .literal(.null)
        case .word(let root): return try variable(root, at: token.start)
        default: throw unexpected(token, "a value")
        }
    }

    /// `profile.first_name`, `profile["first name"]`.
    private mutating func variable(_ root: String, at start: Int) throws(TemplateError) -> Operand {
        var path = [root]
        while let opening = lexer.skip([".", "["]) {
            let token = try lexer.next()
            switch (opening, token.kind) {
            case (".", .word(let name)): path.append(name)
            case ("[", .string(let name)):
                path.append(name)
                guard lexer.skip(["]"]) != nil else { throw lexer.error(at: lexer.at, "\"]\" is expected") }
            default: throw unexpected(token, opening == "." ? "a field's name" : "a field's name in quotes")
            }
            guard path.count <= 8 else { throw lexer.error(at: token.start, "must name at most 8 levels") }
        }
        do {
            return .variable(try Operand.Variable(path: path, allowingURL: allowingURL), source: path.joined(separator: "."))
        } catch {
            throw lexer.error(at: start, error.problem)
        }
    }

    private func unexpected(_ token: TemplateLexer.Token, _ wanted: String) -> TemplateError {
        lexer.error(at: token.start, "\(wanted) is expected, not \(token.kind.words)")
    }
}
