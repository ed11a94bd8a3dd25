/// A JSON document as a value (RFC 8259). Objects keep the order of their members; integers and
/// fractions stay apart, so that `1` and `1.0` are told from one another.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// Reads one whole JSON text, more strictly than RFC 8259 asks for: see `JSONScanner`.
    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        self = try JSONText(bytes, limits: limits).value()
    }

    /// The name of the type, as error messages say it.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .int, .double: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var int: Int64? { if case .int(let value) = self { value } else { nil } }
    /// A number without a fraction however it is written: to JSON Schema `1.0` is an integer (2020-12 validation, section 6.1.1).
    package var integer: Int64? { if case .double(let value) = self { Int64(exactly: value) } else { int } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    /// Any number, as a Double.
    package var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The member of that name when this is an object.
    package subscript(name: String) -> JSONValue? { object?[name] }
}

/// The members of a JSON object, in the order they were written; names are unique (the parser refuses others).
package struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    package struct Member: Sendable, Equatable {
        package var name: String
        package var value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// Members that somebody made, the object of a text that they are read from when they are asked for, or the text of one that was written.
    private enum Source: Sendable {
        case members([Member])
        case text(JSONText, token: Int)
        case written([UInt8])
    }

    private var source: Source

    package init(_ members: [Member] = []) { source = .members(members) }

    /// What `JSONObjectWriter` has written.
    package init(written bytes: [UInt8]) { source = .written(bytes) }

    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements.map { Member(name: $0.0, value: $0.1) })
    }

    init(_ text: JSONText, token: Int) { source = .text(text, token: token) }

    package private(set) var members: [Member] {
        get {
            switch source {
            case .members(let members): members
            case .text(let text, let token): text.members(of: token)
            case .written(let bytes): JSONObject.read(bytes).members
            }
        }
        set { source = .members(newValue) }
    }

    package var count: Int {
        switch source {
        case .members(let members): members.count
        case .text(let text, let token): text.count(of: token)
        case .written(let bytes): JSONObject.read(bytes).count
        }
    }

    /// The text, when there is one already.
    var written: [UInt8]? { if case .written(let bytes) = source { bytes } else { nil } }

    private static func read(_ bytes: [UInt8]) -> JSONObject {
        guard let value = try? JSONValue(parsing: bytes), case .object(let object) = value else { preconditionFailure("a written object cannot be read") }
        return object
    }

    package var isEmpty: Bool { count == 0 }

    /// The member of that name, and which it is of all.
    func member(_ name: String) -> (index: Int, value: JSONValue)? {
        switch source {
        case .members(let members): members.firstIndex { $0.name.hasBytes(of: name) }.map { ($0, members[$0].value) }
        case .text(let text, let token): text.member(name, of: token)
        case .written(let bytes): JSONObject.read(bytes).member(name)
        }
    }

    /// Reads, replaces, appends or (with nil) removes the member of that name.
    package subscript(name: String) -> JSONValue? {
        get { member(name)?.value }
        set {
            switch (member(name)?.index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    package static func == (a: JSONObject, b: JSONObject) -> Bool { a.members == b.members }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.map { .init(name: $0.0, value: $0.1) }))
    }
    package init(nilLiteral: ()) { self = .null }
    /// The string, or null.
    package init(_ text: String?) { self = text.map(JSONValue.string) ?? .null }
    package init(_ number: Int) { self = .int(Int64(number)) }
}
