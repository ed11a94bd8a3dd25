import Core
import Storage

/// The columns of one CSV import, as its header names them, and what a record says in the form of a JSON line.
struct ImportColumns: Sendable {
    private enum Node: Sendable {
        case cell(Int)
        indirect case object([Member])
    }

    private struct Member: Sendable {
        let name: String
        var node: Node
    }

    private var columns: [ImportColumn] = []
    private var members: [Member] = []
    private let maxMembers: Int

    /// - Throws: `InvalidInput` with every column that cannot be, before anything is stored.
    init(header: [String], of kind: ImportJob.Kind) throws {
        let errors = FieldErrors()
        for (index, name) in header.enumerated() {
            guard !name.isEmpty else {
                errors.add("", "unknown_column", "has no name for column \(index + 1): name it or leave it out")
                continue
            }
            guard let column = ImportColumn(name, of: kind) else {
                errors.add(ImportColumn.pointer(to: ImportColumn.path(name)), "unknown_column",
                           ImportColumns.refusal(of: name, among: kind, isAlone: header.count == 1))
                continue
            }
            columns.append(column)
            if !ImportColumns.insert(column.path[...], columns.count - 1, into: &members) {
                errors.add(column.pointer, "duplicate_column", "is there twice, whole or in part")
            }
        }
        for field in kind.requiredFields where !members.contains(where: { $0.name == field }) {
            errors.add(JSONPointer.join("", field), "missing_column", "is required as a column")
        }
        try errors.check()
        // All cells together may have no more members than one JSON line.
        maxMembers = (JSONLimits().members - columns.count) / max(1, columns.count { [.json, .list].contains($0.cell) })
    }

    private static func refusal(of name: String, among kind: ImportJob.Kind, isAlone: Bool) -> String {
        if isAlone, name.utf8.contains(where: { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: "\t") }) {
            return "is the whole header: fields must be separated by commas"
        }
        let hint = Suggestion.text(for: name, among: kind.columns.map(\.name) + kind.ownObjects)
        let own = "; a column of your own is named \(kind.ownObjects[0]).…"
        return "is not a column of \(kind.rawValue)\(hint.isEmpty ? own : hint)"
    }

    /// - Returns: false when another column is the same, a part of it or around it.
    private static func insert(_ path: ArraySlice<String>, _ column: Int, into members: inout [Member]) -> Bool {
        guard let name = path.first else { return false }
        let rest = path.dropFirst()
        guard let index = members.firstIndex(where: { $0.name.hasBytes(of: name) }) else {
            members.append(Member(name: name, node: .cell(column)))
            guard !rest.isEmpty else { return true }
            var inner: [Member] = []
            defer { members[members.count - 1].node = .object(inner) }
            return insert(rest, column, into: &inner)
        }
        guard case .object(var inner) = members[index].node else { return false }
        defer { members[index].node = .object(inner) }
        return insert(rest, column, into: &inner)
    }

    /// The record as the JSON line that says the same: an empty cell is a field that is absent.
    ///
    /// - Throws: `InvalidInput` with every cell that cannot be read.
    func line(of record: CSVRecord) throws(InvalidInput) -> JSONValue {
        let errors = FieldErrors()
        let object = object(members, record, errors) ?? JSONObject()
        try errors.check()
        return .object(object)
    }

    private func object(_ members: [Member], _ record: CSVRecord, _ errors: FieldErrors) -> JSONObject? {
        var found: [JSONObject.Member] = []
        for member in members {
            switch member.node {
            case .object(let inner):
                if let object = object(inner, record, errors) { found.append(.init(name: member.name, value: .object(object))) }
            case .cell(let index):
                let text = record.fields[index]
                guard !text.isEmpty else { continue }
                do {
                    found.append(.init(name: member.name, value: try columns[index].value(of: text, maxMembers: maxMembers)))
                } catch {
                    errors.add(columns[index].pointer, error.code, error.detail)
                }
            }
        }
        return found.isEmpty ? nil : JSONObject(found)
    }

    /// What is wrong with a record that could not be read, at its column.
    func error(_ problem: CSVProblem) -> FieldError {
        FieldError(pointer: problem.field.map { columns[$0].pointer } ?? "", code: problem.code.rawValue, detail: problem.detail)
    }
}
