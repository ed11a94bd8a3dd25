internal import Glibc

/// A JSON text that has been checked whole, with a note of where its values lie: objects are read out of it as they are asked for, so
/// that what nobody asks for is never made.
final class JSONText: @unchecked Sendable {
    // Both lie in memory of this object's own and never change: read without counting references, which would be most of the work.
    private let tokens: UnsafePointer<JSONToken>
    private let bytes: UnsafePointer<UInt8>

    init(_ text: [UInt8], limits: JSONLimits) throws(JSONError) {
        let capacity = JSONScanner.maxTokens(of: text.count, limits: limits)
        let room = capacity * MemoryLayout<JSONToken>.stride
        let memory = UnsafeMutableRawPointer.allocate(byteCount: room + text.count + JSONScanner.padding, alignment: MemoryLayout<JSONToken>.alignment)
        let tokens = memory.bindMemory(to: JSONToken.self, capacity: capacity)
        let copy = UnsafeMutableRawBufferPointer(start: memory + room, count: text.count + JSONScanner.padding)
        copy.copyBytes(from: text)
        copy[text.count...].initializeMemory(as: UInt8.self, repeating: 0)
        self.tokens = UnsafePointer(tokens)
        bytes = UnsafePointer(copy.bindMemory(to: UInt8.self).baseAddress!)
        var scanner = JSONScanner(bytes, count: text.count, into: tokens, limits: limits)
        try scanner.document()
    }

    deinit { UnsafeMutableRawPointer(mutating: tokens).deallocate() }

    func value(at token: Int = 0) -> JSONValue {
        switch tokens[token].kind {
        case .null: .null
        case .true: .bool(true)
        case .false: .bool(false)
        case .integer: .int(tokens[token].integer(in: bytes))
        case .fraction: .double(tokens[token].double(in: bytes))
        case .text, .unicode, .escaped: .string(tokens[token].text(in: bytes))
        case .array: .array(elements(of: token))
        case .object: .object(JSONObject(self, token: token))
        }
    }

    private func elements(of array: Int) -> [JSONValue] {
        var at = array + 1
        return (0..<tokens[array].count).map { _ in
            defer { at = Int(tokens[at].end) }
            return value(at: at)
        }
    }

    func count(of object: Int) -> Int { Int(tokens[object].count) }

    func members(of object: Int) -> [JSONObject.Member] {
        var at = object + 1
        return (0..<tokens[object].count).map { _ in
            defer { at = Int(tokens[at + 1].end) }
            return JSONObject.Member(name: tokens[at].text(in: bytes), value: value(at: at + 1))
        }
    }

    /// The place of a member among those of its object, and its value.
    func member(_ name: String, of object: Int) -> (index: Int, value: JSONValue)? {
        var name = name
        let place: (index: Int, token: Int)? = name.withUTF8 { wanted in
            var at = object + 1
            for index in 0..<Int(tokens[object].count) {
                if tokens[at].isName(wanted, in: bytes) { return (index, at + 1) }
                at = Int(tokens[at + 1].end)
            }
            return nil
        }
        return place.map { ($0.index, value(at: $0.token)) }
    }
}

extension JSONToken {
    fileprivate func isName(_ wanted: UnsafeBufferPointer<UInt8>, in text: UnsafePointer<UInt8>) -> Bool {
        if kind == .escaped { return unescaped(in: text).elementsEqual(wanted) }
        return Int(count) == wanted.count && (wanted.isEmpty || memcmp(text + Int(start), wanted.baseAddress!, wanted.count) == 0)
    }
}
