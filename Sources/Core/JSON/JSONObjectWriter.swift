/// Writes a JSON object member by member, without a tree before it: for bodies that are made by the ten thousand.
///
/// Names must be unique; nobody checks.
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

    package mutating func add(_ name: String, _ members: [(name: String, value: String)]) {
        open(name)
        for member in members { add(member.name, member.value) }
        close()
    }

    package consuming func finish() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private mutating func write(name: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        JSONValue.write(string: name, into: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
}
