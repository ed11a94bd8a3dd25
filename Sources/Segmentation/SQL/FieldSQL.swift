import Core

/// One named value of a JSON column, as SQL. The name is always bound.
struct JSONField {
    let column: SQLFragment
    let name: String
    /// `integer`, `real`, `text`, `true`, `false`, `array`, `object` or `null`; SQL null when it is missing.
    let type: SQLFragment
    let value: SQLFragment
    /// A table of the elements (or the value itself), with columns `type` and `value`.
    let elements: SQLFragment

    init(_ column: SQLFragment, _ name: String) {
        self.column = column
        self.name = name
        // SQLite compares a quoted label with the text as it is stored, in which these would be escaped.
        if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
            type = "(SELECT type FROM json_each(\(column)) WHERE key = \(name))"
            value = "(SELECT value FROM json_each(\(column)) WHERE key = \(name))"
            elements = "json_each((SELECT value FROM json_each(\(column)) WHERE key = \(name)))"
        } else {
            let path = "$.\"\(name)\""
            type = "json_type(\(column), \(path))"
            value = "json_extract(\(column), \(path))"
            elements = "json_each(\(column), \(path))"
        }
    }

    var isText: SQLFragment { "\(type) IS 'text'" }
    var isNumber: SQLFragment { "coalesce(\(type), '') IN ('integer', 'real')" }
}

extension FieldTest {
    /// 0 or 1, never null.
    func sql(in field: JSONField, now: Timestamp) -> SQLFragment {
        switch test {
        case .isSet: "coalesce(\(field.type), 'null') <> 'null'"
        case .isNotSet: "coalesce(\(field.type), 'null') = 'null'"
        case .isIn(let scalars): isIn(scalars, field)
        case .isNotIn(let scalars): "NOT \(isIn(scalars, field))"
        case .compare(let comparison, .string(let text)): "(\(field.isText) AND \(field.value) \(comparison.sql) \(text))"
        case .compare(let comparison, .number(let number)): "(\(field.isNumber) AND \(field.value) \(comparison.sql) \(number.sql))"
        case .between(.string(let lower), .string(let upper)):
            "(\(field.isText) AND \(field.value) BETWEEN \(lower) AND \(upper))"
        case .between(.number(let lower), .number(let upper)):
            "(\(field.isNumber) AND \(field.value) BETWEEN \(lower.sql) AND \(upper.sql))"
        // Booleans have no order, and bounds of two types hold nothing.
        case .compare(_, .bool), .between: "0"
        case .contains(let scalar): contains(scalar, field)
        case .startsWith(let text):
            "(\(field.isText) AND substr(\(field.value), 1, \(Int64(text.unicodeScalars.count))) = \(text))"
        case .date(let test): test.sql(in: field, now: now)
        }
    }

    private func isIn(_ scalars: [Scalar], _ field: JSONField) -> SQLFragment {
        var texts: [JSONValue] = []
        var numbers: [JSONNumber] = []
        var parts: [SQLFragment] = []
        // A value that is named a thousand times is one: SQLite bounds the depth of an expression.
        var (hasTrue, hasFalse) = (false, false)
        for scalar in scalars {
            switch scalar {
            case .string(let text): texts.append(.string(text))
            case .number(let number): numbers.append(number)
            case .bool(let flag):
                if flag { hasTrue = true } else { hasFalse = true }
            }
        }
        for (isThere, word) in [(hasTrue, "true"), (hasFalse, "false")] where isThere { parts.append("\(field.type) IS \(word)") }
        if texts.count == 1, case .string(let text) = texts[0] {
            parts.append("(\(field.isText) AND \(field.value) = \(text))")
        } else if !texts.isEmpty {
            parts.append("(\(field.isText) AND \(field.value) IN (SELECT value FROM json_each(\(JSONValue.array(texts).text))))")
        }
        if numbers.count == 1 {
            parts.append("(\(field.isNumber) AND \(field.value) = \(numbers[0].sql))")
        } else if !numbers.isEmpty {
            let array = JSONValue.array(numbers.map(\.json)).text
            parts.append("(\(field.isNumber) AND \(field.value) IN (SELECT value FROM json_each(\(array))))")
        }
        return "(\(.joined(parts, by: " OR ", none: "0")))"
    }

    private func contains(_ scalar: Scalar, _ field: JSONField) -> SQLFragment {
        switch scalar {
        case .string(let text):
            """
            CASE \(field.type) WHEN 'text' THEN instr(\(field.value), \(text)) > 0 \
            WHEN 'array' THEN EXISTS (SELECT 1 FROM \(field.elements) x WHERE x.type = 'text' AND x.value = \(text)) ELSE 0 END
            """
        case .number(let number):
            """
            CASE \(field.type) WHEN 'array' THEN EXISTS (SELECT 1 FROM \(field.elements) x \
            WHERE x.type IN ('integer', 'real') AND x.value = \(number.sql)) ELSE 0 END
            """
        case .bool(let flag):
            """
            CASE \(field.type) WHEN 'array' THEN EXISTS (SELECT 1 FROM \(field.elements) x \
            WHERE x.type = \(flag ? "true" : "false")) ELSE 0 END
            """
        }
    }
}

extension JSONNumber {
    /// A fraction goes through the reader that reads the stored one: SQLite 3.40 rounds some decimals otherwise than Swift
    /// does, and 39.9 must equal 39.9.
    var sql: SQLFragment {
        switch self {
        case .int(let number): "\(number)"
        case .double: "json_extract(\(json.text), '$')"
        }
    }
}
