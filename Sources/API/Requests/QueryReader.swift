package import Core
import OpenSSL

/// The parameters of a URL's query, each known and there at most once.
package struct QueryReader: Sendable {
    private let values: [String: String]

    static let none = QueryReader()

    private init() { values = [:] }

    init(_ query: [(name: String, value: String)], known: [String]) throws {
        var values: [String: String] = [:]
        for (name, value) in query {
            guard known.contains(name) else {
                let hint = known.isEmpty ? "none are taken here" : "known are \(known.joined(separator: ", "))"
                let shown = String(name.unicodeScalars.prefix(Quotation.maxScalars))
                throw Problem.parameter("?\(shown)", "The query parameter \(Quotation(name)) is not known: \(hint).")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw Problem.parameter("?\(name)", "The query parameter \(name) is there twice.")
            }
        }
        self.values = values
    }

    package subscript(name: String) -> String? { values[name] }

    /// One word of a closed list.
    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type = Choice.self, among offered: [Choice]? = nil
    ) throws -> Choice? where Choice.RawValue == String {
        guard let text = values[name] else { return nil }
        let words = (offered ?? Array(Choice.allCases)).map(\.rawValue)
        guard let choice = Choice(rawValue: text), words.contains(text) else {
            throw Problem.parameter("?\(name)", "The query parameter \(name) must be one of \(words.joined(separator: ", ")).")
        }
        return choice
    }

    package func bool(_ name: String) throws -> Bool? {
        switch values[name] {
        case nil: nil
        case "true": true
        case "false": false
        default: throw Problem.parameter("?\(name)", "The query parameter \(name) must be true or false.")
        }
    }

    /// `limit` and `cursor`.
    package func page(defaultLimit: Int = 100, maxLimit: Int = 1_000) throws -> Page {
        var limit = defaultLimit
        if let text = values["limit"] {
            guard let number = text.decimal, (1...Int64(maxLimit)).contains(number) else {
                throw Problem.parameter("?limit", "limit must be a number from 1 to \(maxLimit).")
            }
            limit = Int(number)
        }
        guard let cursor = values["cursor"] else { return Page(limit: limit, position: nil) }
        guard let position = Page.position(of: cursor) else {
            throw Problem.parameter("?cursor", "cursor must be a next_cursor of the page before, unchanged.")
        }
        return Page(limit: limit, position: position)
    }
}

/// One page of a list, and the way to the next.
package struct Page: Sendable {
    /// How many to show; ask for one more to know whether there is a next page.
    package let limit: Int
    /// Where the page before ended; nil for the first.
    package let position: Int64?

    package static let parameters = [
        Endpoint.Parameter("limit", "How many to return.", schema: #"{"type":"integer","minimum":1,"maximum":1000,"default":100}"#),
        Endpoint.Parameter("cursor", "`next_cursor` of the page before.", schema: #"{"type":"string","pattern":"^MTo[w-z0-5](([MN][DTjz]|O[DT])[AEIMQUYcgk][w-z0-5]){0,5}$"}"#),
    ]

    /// `{"data":[…],"next_cursor":…}`.
    ///
    /// - Parameter rows: up to `limit + 1` of them, in order, each with the position it has in that order.
    package func answer(_ rows: [(position: Int64, json: JSONValue)]) -> Answer {
        let next = rows.count > limit ? rows.prefix(limit).last.map { Page.cursor($0.position) } : nil
        return Answer(200, ["data": .array(rows.prefix(limit).map(\.json)), "next_cursor": JSONValue(next)])
    }

    /// Opaque to the client, so that what stands in it can change.
    static func cursor(_ position: Int64) -> String { Base64URL.encode(Array("1:\(position)".utf8)) }

    static func position(of cursor: String) -> Int64? {
        guard cursor.utf8.count <= 64, let bytes = Base64URL.decode(cursor), let text = String(validating: bytes, as: UTF8.self),
            text.hasPrefix("1:")
        else { return nil }
        return text.dropFirst(2).decimal
    }
}
