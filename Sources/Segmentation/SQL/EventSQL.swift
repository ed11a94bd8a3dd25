import Core

extension EventTest {
    /// 0 or 1, never null. Finds the events of the profile by (profile, name, at).
    func sql(now: Timestamp) -> SQLFragment {
        let selection = selection(now: now)
        switch aggregates {
        case [.count(.gte, 1)], [.count(.gt, 0)], [.count(.ne, 0)]: return "EXISTS (SELECT 1 FROM event e WHERE \(selection))"
        case [.count(.eq, 0)], [.count(.lt, 1)], [.count(.lte, 0)]: return "NOT EXISTS (SELECT 1 FROM event e WHERE \(selection))"
        default:
            let parts = aggregates.map { $0.sql(now: now) }
            return "(SELECT \(.joined(parts, by: " AND ", none: "1")) FROM event e WHERE \(selection))"
        }
    }

    private func selection(now: Timestamp) -> SQLFragment {
        // The filter goes first for the parser's stack; the index takes the others wherever they stand.
        var parts: [SQLFragment] = []
        if let filter { parts.append(filter.sql(now: now)) }
        parts += ["e.profile = p.id", "e.name = \(name)"]
        if let within { parts.append("e.at >= \((now - within).milliseconds)") }
        if let after { parts.append("e.at >= \(after.milliseconds)") }
        if let before { parts.append("e.at < \(before.milliseconds)") }
        return .chain(parts, by: " AND ")
    }
}

extension PropertyFilter {
    /// The statements in it.
    var count: Int {
        switch self {
        case .and(let children), .or(let children): children.reduce(0) { $0 + $1.count }
        case .not(let child): child.count
        case .property: 1
        }
    }

    fileprivate func sql(now: Timestamp) -> SQLFragment {
        switch self {
        case .and(let children): .tree(children.map { $0.sql(now: now) }, by: " AND ", none: "1")
        case .or(let children): .tree(children.map { $0.sql(now: now) }, by: " OR ", none: "0")
        case .not(let child): "NOT (\(child.sql(now: now)))"
        case .property(let test): test.sql(in: JSONField("e.properties", test.name), now: now)
        }
    }
}

extension EventAggregate {
    fileprivate func sql(now: Timestamp) -> SQLFragment {
        switch self {
        case .count(let comparison, let number): "count(*) \(comparison.sql) \(number)"
        // Not `sum`: it fails where integers overflow.
        case .sum(let property, let comparison, let number):
            "total(\(EventAggregate.number(property))) \(comparison.sql) \(number.sql)"
        case .max(let property, let comparison, let number):
            "coalesce(max(\(EventAggregate.number(property))) \(comparison.sql) \(number.sql), 0)"
        case .min(let property, let comparison, let number):
            "coalesce(min(\(EventAggregate.number(property))) \(comparison.sql) \(number.sql), 0)"
        case .first(let test): test.sql(of: "min(e.at)", now: now)
        case .last(let test): test.sql(of: "max(e.at)", now: now)
        }
    }

    /// The property where it is a number, else null.
    private static func number(_ property: String) -> SQLFragment {
        let field = JSONField("e.properties", property)
        return "CASE WHEN \(field.isNumber) THEN \(field.value) END"
    }
}
