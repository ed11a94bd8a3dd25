package import Core

/// The condition as a boolean SQL expression over the alias `p` of table `profile`: 0 or 1, never null, so that `NOT` is exact.
///
/// - Throws: `InvalidInput` when a named segment is missing, refers to itself, or makes the whole too deep or too large.
package func compile(_ condition: Condition, _ context: CompilationContext) throws(InvalidInput) -> SQLFragment {
    var compiler = ConditionCompiler(context: context)
    return try compiler.compile(condition, at: "", depth: 1)
}

/// Walks the tree with its named segments in place of their names; bounds what they add up to.
private struct ConditionCompiler {
    /// SQLite's parser keeps about 100 symbols on its stack and an expression may be 1,000 deep: the tree as a whole keeps
    /// the depth of a single condition, and a list is one flat chain.
    static let maxDepth = ConditionParser.maxDepth
    static let maxStatements = 500

    let context: CompilationContext
    var statements = 0
    /// The named segments around the present place, outermost first.
    var path: [SegmentID] = []

    mutating func compile(_ condition: Condition, at pointer: String, depth: Int) throws(InvalidInput) -> SQLFragment {
        guard depth <= ConditionCompiler.maxDepth else {
            throw InvalidInput(pointer, "too_deep",
                               "must nest at most \(ConditionCompiler.maxDepth) levels together with the segments it names")
        }
        switch condition {
        case .and(let children):
            return .tree(try compile(children, at: pointer + "/and", depth: depth), by: " AND ", none: "1")
        case .or(let children):
            return .tree(try compile(children, at: pointer + "/or", depth: depth), by: " OR ", none: "0")
        case .not(let child): return "NOT (\(try compile(child, at: pointer + "/not", depth: depth + 1)))"
        case .segment(let id): return try segment(id, at: pointer, depth: depth)
        default:
            try count(1, at: pointer)
            if case .event(let test) = condition { try count(test.filter?.count ?? 0, at: pointer) }
            return statement(condition)
        }
    }

    private mutating func compile(_ children: [Condition], at pointer: String, depth: Int) throws(InvalidInput) -> [SQLFragment] {
        var parts: [SQLFragment] = []
        for (index, child) in children.enumerated() {
            parts.append(try compile(child, at: JSONPointer.join(pointer, index), depth: depth + 1))
        }
        return parts
    }

    private mutating func count(_ number: Int, at pointer: String) throws(InvalidInput) {
        statements += number
        guard statements <= ConditionCompiler.maxStatements else {
            throw InvalidInput(pointer, "too_many",
                               "must hold at most \(ConditionCompiler.maxStatements) statements together with the segments it names")
        }
    }

    /// Errors inside a named segment point to the place that names it: the rest is not the sender's text.
    private mutating func segment(_ id: SegmentID, at pointer: String, depth: Int) throws(InvalidInput) -> SQLFragment {
        let place = path.isEmpty ? pointer + "/segment" : pointer
        guard !path.contains(id) else {
            throw InvalidInput(place, "segment_cycle", "\(id) refers to itself through \((path + [id]).map(\.description).joined(separator: " -> "))")
        }
        guard path.count < ConditionCompiler.maxDepth else {
            throw InvalidInput(place, "too_deep", "must name segments through at most \(ConditionCompiler.maxDepth) others")
        }
        guard let condition = context.segment(id) else {
            throw InvalidInput(place, "unknown_segment", "there is no segment \(id)")
        }
        try count(1, at: place)
        path.append(id)
        defer { path.removeLast() }
        do {
            return try compile(condition, at: "", depth: depth)
        } catch {
            throw InvalidInput(error.errors.map { FieldError(pointer: place, code: $0.code, detail: $0.detail) })
        }
    }

    private func statement(_ condition: Condition) -> SQLFragment {
        switch condition {
        case .and, .or, .not, .segment: preconditionFailure("a statement has no children")
        case .all: "1"
        case .attribute(let test): test.sql(in: JSONField("p.attributes", test.name), now: context.now)
        case .tag(let tags): tag(tags)
        case .language(let languages): language(languages)
        case .country(let countries) where countries.count == 1: "upper(p.country) IS \(countries[0])"
        case .country(let countries): "(p.country IS NOT NULL AND upper(p.country) IN \(list(of: countries)))"
        case .within(let circle): circle.sql
        case .event(let test): test.sql(now: context.now)
        case .subscribed(let channel, let topic): subscribed(channel, topic)
        case .lastSeen(let test): test.sql(of: "p.last_seen_at", now: context.now)
        case .appVersion(.ne, let version): "NOT \(runs(.eq, version))"
        case .appVersion(let comparison, let version): runs(comparison, version)
        case .campaign(let id, let state): campaign(id, state)
        case .bucket(let range): "(p.bucket >= \(range.lowerBound) AND p.bucket < \(range.upperBound))"
        }
    }

    /// The tag itself, or the tag and a dash and more.
    private func language(_ languages: [String]) -> SQLFragment {
        if languages.count == 1 {
            return "substr(lower(p.language) || '-', 1, \(Int64(languages[0].utf8.count) + 1)) IS \(languages[0] + "-")"
        }
        let array = JSONValue.array(languages.map(JSONValue.string)).text
        return """
            EXISTS (SELECT 1 FROM json_each(\(array)) l \
            WHERE substr(lower(p.language) || '-', 1, length(l.value) + 1) = l.value || '-')
            """
    }

    private func tag(_ tags: [String]) -> SQLFragment {
        let match: SQLFragment = tags.count == 1 ? "= \(tags[0])" : "IN \(list(of: tags))"
        return switch context.purpose {
        case .audience: "p.id IN (SELECT profile FROM profile_tag WHERE tag \(match))"
        case .profile: "EXISTS (SELECT 1 FROM profile_tag t WHERE t.profile = p.id AND t.tag \(match))"
        }
    }

    private func subscribed(_ channel: Channel?, _ topic: String?) -> SQLFragment {
        var parts: [SQLFragment] = ["s.profile = p.id", "s.opt_in = 1", "s.status = 'active'"]
        if let channel { parts.append("s.channel = \(channel.rawValue)") }
        if let topic {
            parts.append("EXISTS (SELECT 1 FROM subscription_topic t WHERE t.subscription = s.id AND t.topic = \(topic))")
        }
        return "EXISTS (SELECT 1 FROM subscription s WHERE \(.joined(parts, by: " AND ")))"
    }

    private func runs(_ comparison: Comparison, _ version: AppVersionText) -> SQLFragment {
        """
        EXISTS (SELECT 1 FROM subscription s WHERE s.profile = p.id AND s.status = 'active' \
        AND s.app_version_key \(comparison.sql) \(version.version.sortKey))
        """
    }

    /// Test sends are not launches: they make nobody a recipient.
    private func campaign(_ id: CampaignID, _ state: DeliveryState) -> SQLFragment {
        var states = [state]
        if let rank = state.rank, state != .unknown {
            states = DeliveryState.allCases.filter { $0.rank.map { $0 >= rank } ?? false }
        }
        var fragment: SQLFragment = """
            EXISTS (SELECT 1 FROM ledger.delivery d JOIN ledger.run r ON r.id = d.run WHERE d.profile = p.id \
            AND r.campaign = \(id.rawValue) AND r.kind = 'launch' AND d.state IN \(list(of: states.map(\.rawValue))))
            """
        fragment.needsLedger = true
        return fragment
    }
}

/// A list of strings as one bound value, whatever its length.
func list(of texts: [String]) -> SQLFragment {
    "(SELECT value FROM json_each(\(JSONValue.array(texts.map(JSONValue.string)).text)))"
}

extension Comparison {
    var sql: SQLFragment {
        switch self {
        case .eq: "="
        case .ne: "<>"
        case .gt: ">"
        case .gte: ">="
        case .lt: "<"
        case .lte: "<="
        }
    }
}

extension TimeTest {
    /// About a column of milliseconds that may be null. There is no upper end to `within_last`: what a phone with a fast clock reports has happened.
    func sql(of column: SQLFragment, now: Timestamp) -> SQLFragment {
        switch self {
        case .before(let time): "(\(column) IS NOT NULL AND \(column) < \(time.milliseconds))"
        case .after(let time): "(\(column) IS NOT NULL AND \(column) >= \(time.milliseconds))"
        case .withinLast(let duration): "(\(column) IS NOT NULL AND \(column) >= \((now - duration).milliseconds))"
        case .isSet: "\(column) IS NOT NULL"
        case .isNotSet: "\(column) IS NULL"
        }
    }
}
