import HTTPWire

/// The fields of a request, in the order received, duplicates kept; names match in any case.
package struct Headers: Sendable {
    /// What came over the wire: strings are made only for what somebody asks for.
    private var head: RequestHead?
    private var added: [(name: String, value: String)]

    package init(_ pairs: [(String, String)] = []) {
        head = nil
        added = pairs.map { (name: $0.0, value: $0.1) }
    }

    init(_ head: RequestHead) {
        self.head = head
        added = []
    }

    /// The value of the first field of that name.
    package subscript(_ lowercaseName: String) -> String? {
        if let value = head?.firstValue(lowercaseName) { return value }
        return added.first { Self.matches($0.name, lowercaseName) }?.value
    }

    /// The value of the one field of that name; nil when there is none, or another.
    package func only(_ lowercaseName: String) -> String? {
        guard added.isEmpty, let head else {
            let values = all(lowercaseName)
            return values.count == 1 ? values[0] : nil
        }
        return head.onlyValue(lowercaseName)
    }

    /// The values of all fields of that name, in order.
    package func all(_ name: String) -> [String] {
        let received = head?.values(name) ?? []
        return added.isEmpty ? received : received + added.filter { Self.matches($0.name, name) }.map(\.value)
    }

    /// Every field as name and value, in order.
    package var pairs: [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        if let head {
            for field in head.fields { pairs.append((head.text(field.name), head.text(field.value))) }
        }
        return pairs + added
    }

    package mutating func add(_ name: String, _ value: String) {
        added.append((name, value))
    }

    private static func matches(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && zip(left.utf8, right.utf8).allSatisfy { fold($0) == fold($1) }
    }

    private static func fold(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}
