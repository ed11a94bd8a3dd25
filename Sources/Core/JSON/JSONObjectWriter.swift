/// Writes a JSON object member by member, without a tree before it: for bodies that are made by the ten thousand.
///
/// Names must be unique and fit to stand between quotes as they are; nobody checks.
package struct JSONObjectWriter {
    private var bytes: [UInt8] = []
    private var isFirst = true

    package init(capacity: Int) {
        bytes.reserveCapacity(capacity)
        bytes.append(UInt8(ascii: "{"))
    }

    /// Begins a member that is an object; `close` ends it.
    package mutating func open(_ name: String) {
        write(name: name)
        bytes.append(UInt8(ascii: "{"))
        isFirst = true
    }

    package mutating func close() {
        bytes.append(UInt8(ascii: "}"))
        isFirst = false
    }

    package mutating func add(_ name: String, _ value: String) {
        write(name: name)
        JSONValue.write(string: value, into: &bytes)
    }

    package mutating func add(_ name: String, _ value: JSONValue) {
        write(name: name)
        value.write(into: &bytes)
    }

    package mutating func add(_ name: String, _ value: Bool) {
        write(name: name)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// The text, or null.
    package mutating func add(_ name: String, _ value: String?) {
        guard let value else { return addNull(name) }
        add(name, value)
    }

    /// The time, or null.
    package mutating func add(_ name: String, _ time: Timestamp?) {
        guard let time else { return addNull(name) }
        write(name: name)
        bytes.append(UInt8(ascii: "\""))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Timestamp.maxTextCount) { text in
            bytes.append(contentsOf: text[..<time.write(to: text)])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func add(_ name: String, _ texts: [String]) {
        write(name: name)
        JSONValue.write(strings: texts, into: &bytes)
    }

    /// An object of texts, whose names may hold anything.
    package mutating func add(_ name: String, _ members: [(name: String, value: String)]) {
        open(name)
        for member in members {
            separate()
            JSONValue.write(string: member.name, into: &bytes)
            bytes.append(UInt8(ascii: ":"))
            JSONValue.write(string: member.value, into: &bytes)
        }
        close()
    }

    package consuming func finish() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private mutating func addNull(_ name: String) {
        write(name: name)
        bytes.append(contentsOf: "null".utf8)
    }

    private mutating func write(name: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func separate() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
    }
}
