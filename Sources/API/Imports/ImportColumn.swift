import Core
import Storage

/// A column that a CSV import may have: where in the JSON form its cells belong, and what they are.
struct ImportColumn: Sendable {
    enum Cell: String, Sendable {
        case text, number, boolean, json
        /// Texts with `;` between them, or a JSON array.
        case list
        /// `true`, `false` and JSON numbers are what they are; all else is text.
        case guess
    }

    let path: [String]
    let cell: Cell

    var pointer: String { ImportColumn.pointer(to: path) }

    /// Deeper than anything that the fields of a line need.
    private static let maxDepth = 8
    /// What may follow the name of a column of the sender's own: `attributes.zip:text`.
    private static let suffixes: [Cell] = [.text, .number, .boolean, .json]

    /// - Returns: nil for a name that no column of this kind has.
    init?(_ name: String, of kind: ImportJob.Kind) {
        if let cell = kind.columns.first(where: { $0.name == name })?.cell {
            self.init(path: ImportColumn.path(name), cell: cell)
            return
        }
        guard let owner = kind.ownObjects.first(where: { name.hasPrefix($0 + ".") }) else {
            guard kind.ownObjects.contains(name) else { return nil }
            self.init(path: ImportColumn.path(name), cell: .json)
            return
        }
        let suffix = ImportColumn.suffixes.first { name.hasSuffix(":" + $0.rawValue) }
        let path = ImportColumn.path(suffix.map { String(name.dropLast($0.rawValue.count + 1)) } ?? name)
        guard path.count <= ImportColumn.maxDepth, path.count > ImportColumn.path(owner).count, !path.contains("") else { return nil }
        self.init(path: path, cell: suffix ?? .guess)
    }

    private init(path: [String], cell: Cell) { (self.path, self.cell) = (path, cell) }

    static func pointer(to path: [String]) -> String { path.prefix(maxDepth).reduce("", JSONPointer.join) }

    static func path(_ name: String) -> [String] { name.split(separator: ".", omittingEmptySubsequences: false).map(String.init) }

    /// What stands in a cell that is not empty.
    ///
    /// - Parameter maxMembers: of a JSON document in one cell.
    func value(of text: String, maxMembers: Int) throws(FieldError.Wrong) -> JSONValue {
        switch cell {
        case .text: return .string(text)
        case .boolean:
            guard let flag = ImportColumn.flag(text) else { throw FieldError.Wrong("wrong_type", "must be true or false") }
            return flag
        case .number:
            guard let number = ImportColumn.number(text) else { throw FieldError.Wrong("wrong_type", "must be a number such as 12 or -4.5") }
            return number
        case .guess: return ImportColumn.flag(text) ?? ImportColumn.number(text) ?? .string(text)
        case .list where text.utf8.first != UInt8(ascii: "["):
            let parts = text.utf8.split(separator: UInt8(ascii: ";")).map { String(decoding: ImportColumn.trimmed($0), as: UTF8.self) }
            return .array(parts.filter { !$0.isEmpty }.map(JSONValue.string))
        case .list, .json:
            do {
                return try JSONValue(parsing: Array(text.utf8), limits: JSONLimits(depth: JSONLimits().depth - path.count, members: maxMembers))
            } catch {
                throw FieldError.Wrong("invalid_json", error.description)
            }
        }
    }

    /// In any case of letters: spreadsheets write TRUE.
    private static func flag(_ text: String) -> JSONValue? {
        guard (4...5).contains(text.utf8.count) else { return nil }
        switch text.asciiLowercased {
        case "true": return true
        case "false": return false
        default: return nil
        }
    }

    private static func number(_ text: String) -> JSONValue? {
        guard let first = text.utf8.first, first.isASCIIDigit || first == UInt8(ascii: "-"), text.utf8.last?.isASCIIDigit == true,
            let value = try? JSONValue(parsing: Array(text.utf8)), value.number != nil
        else { return nil }
        return value
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        let space = UInt8(ascii: " ")
        var text = text.drop { $0 == space }
        while text.last == space { text.removeLast() }
        return text
    }
}

extension FieldError {
    /// A problem whose place the caller knows.
    struct Wrong: Error {
        let code: String
        let detail: String

        init(_ code: String, _ detail: String) { (self.code, self.detail) = (code, detail) }
    }
}

extension ImportJob.Kind {
    /// The fields of a line by their dotted names.
    var columns: [(name: String, cell: ImportColumn.Cell)] {
        switch self {
        case .profiles:
            [
                ("external_id", .text), ("language", .text), ("timezone", .text), ("country", .text), ("tags", .list),
                ("location.lat", .number), ("location.lon", .number),
            ]
        case .subscriptions:
            [
                ("profile", .text), ("channel", .text), ("account", .text), ("address", .text), ("address.endpoint", .text),
                ("address.keys.p256dh", .text), ("address.keys.auth", .text), ("address.expirationTime", .text), ("address.user_ref", .text),
                ("opt_in", .boolean), ("consent.source", .text), ("consent.text", .text), ("consent.at", .text), ("consent.topics", .list),
                ("language", .text), ("app_version", .text), ("os", .text), ("identity_proof", .text),
            ]
        case .events: [("id", .text), ("profile", .text), ("name", .text), ("at", .text), ("identity_proof", .text)]
        }
    }

    /// Objects whose members are the sender's own: each is a column by itself (JSON), or one for each member.
    var ownObjects: [String] {
        switch self {
        case .profiles: ["attributes"]
        case .subscriptions: ["consent.evidence"]
        case .events: ["properties"]
        }
    }

    /// Fields without which no line is acceptable.
    var requiredFields: [String] {
        switch self {
        case .profiles: ["external_id"]
        case .subscriptions: ["profile", "channel", "account", "address"]
        case .events: ["id", "profile", "name"]
        }
    }
}
