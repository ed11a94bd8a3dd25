import Core

/// The shape of a proto3 message in JSON (protobuf.dev, "ProtoJSON Format"): names in snake or camel case,
/// nothing unknown, null for absent.
indirect enum ProtoShape: Sendable {
    case string
    case bool
    /// An integer, which ProtoJSON also takes as a string.
    case integer
    /// A number, which ProtoJSON also takes as a string.
    case number
    /// `"3.5s"`
    case duration
    /// RFC 3339
    case timestamp
    case words(Set<String>)
    case list(ProtoShape)
    case stringMap
    /// google.protobuf.Struct: any JSON object.
    case anything
    case message([String: ProtoShape])

    /// What in `value` does not fit, in the words of Google's front end; nil when all fits.
    func violation(_ value: JSONValue, at path: String) -> FCMError.Violation? {
        if value == .null { return nil }
        switch self {
        case .message(let fields): return ProtoShape.violation(of: value, fields, at: path)
        case .list(let element):
            guard let elements = value.array else { return wrong(value, path, "a list") }
            for (index, item) in elements.enumerated() {
                if let violation = element.violation(item, at: "\(path)[\(index)]") { return violation }
            }
            return nil
        case .stringMap:
            guard let map = value.object else { return wrong(value, path, "a map") }
            for member in map.members where member.value.string == nil {
                return wrong(member.value, "\(path)[\(map.members.firstIndex(of: member) ?? 0)].value", "TYPE_STRING")
            }
            return nil
        default: return isRight(value) ? nil : wrong(value, path, scalarName)
        }
    }

    private static func violation(
        of value: JSONValue, _ fields: [String: ProtoShape], at path: String
    ) -> FCMError.Violation? {
        guard let object = value.object else {
            return .init(field: path, description: "Invalid value at '\(path)', \(value.text)")
        }
        var seen: Set<String> = []
        for member in object.members {
            let name = snake(member.name)
            guard let shape = fields[name] else {
                let place = path.isEmpty ? "" : " at '\(path)'"
                return .init(field: path, description:
                    "Invalid JSON payload received. Unknown name \"\(member.name)\"\(place): Cannot find field.")
            }
            guard seen.insert(name).inserted else {
                return .init(field: path, description: "Invalid JSON payload received. \"\(name)\" is given twice.")
            }
            let inner = path.isEmpty ? name : "\(path).\(name)"
            if let violation = shape.violation(member.value, at: inner) { return violation }
        }
        return nil
    }

    private func wrong(_ value: JSONValue, _ path: String, _ wanted: String) -> FCMError.Violation {
        .init(field: path, description: "Invalid value at '\(path)' (\(wanted)), \(value.text)")
    }

    private var scalarName: String {
        switch self {
        case .string: "TYPE_STRING"
        case .bool: "TYPE_BOOL"
        case .integer: "TYPE_INT64"
        case .number: "TYPE_DOUBLE"
        case .duration: "type.googleapis.com/google.protobuf.Duration"
        case .timestamp: "type.googleapis.com/google.protobuf.Timestamp"
        case .words: "TYPE_ENUM"
        default: "TYPE_MESSAGE"
        }
    }

    private func isRight(_ value: JSONValue) -> Bool {
        switch self {
        case .string: value.string != nil
        case .bool: value.bool != nil
        case .integer: value.int != nil || value.string?.decimal != nil
        case .number: value.number != nil || value.string.flatMap { try? JSONValue(parsing: Array($0.utf8)) }?.number != nil
        case .duration: value.string.flatMap(ProtoShape.seconds(ofDuration:)) != nil
        case .timestamp: value.string.flatMap { Timestamp(rfc3339: $0) } != nil
        case .words(let words): value.string.map { words.contains($0) } ?? false
        case .anything: value.object != nil
        case .list, .stringMap, .message: false
        }
    }

    /// The whole seconds of a ProtoJSON Duration: digits, at most nine digits of fraction, `s`.
    static func seconds(ofDuration text: String) -> Int64? {
        guard text.utf8.last == UInt8(ascii: "s") else { return nil }
        let parts = text.utf8.dropLast().split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let whole = parts.first, parts.count <= 2, let seconds = Substring(whole).decimal else { return nil }
        if parts.count == 2 {
            guard (1...9).contains(parts[1].count), Substring(parts[1]).decimal != nil else { return nil }
        }
        return seconds
    }

    /// `collapseKey` as `collapse_key`; names that are in snake case already stay.
    static func snake(_ name: String) -> String {
        var out: [UInt8] = []
        for byte in name.utf8 {
            if byte != byte.asciiLowercased { out.append(UInt8(ascii: "_")) }
            out.append(byte.asciiLowercased)
        }
        return String(decoding: out, as: UTF8.self)
    }
}
