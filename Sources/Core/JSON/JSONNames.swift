internal import Glibc

/// The names of an object that is being scanned, to find one that is repeated: compared while they are few, hashed once they are many.
struct JSONNames {
    /// Token of the object.
    private let object: Int
    private(set) var count = 0
    /// A bit for each name that was there: most new names have one of their own, and need no comparison.
    private var marks: UInt64 = 0
    private var hashed: Set<[UInt8]>?

    init(object: Int) { self.object = object }

    /// Takes the name whose token that is.
    ///
    /// - Returns: false when it is there already.
    @inline(__always) mutating func insert(_ name: Int, _ tokens: UnsafePointer<JSONToken>, _ text: UnsafePointer<UInt8>) -> Bool {
        defer { count &+= 1 }
        let mark = tokens[name].mark(in: text)
        defer { marks |= mark }
        return count < 32 && marks & mark == 0 ? true : isNew(name, tokens, text)
    }

    private mutating func isNew(_ name: Int, _ tokens: UnsafePointer<JSONToken>, _ text: UnsafePointer<UInt8>) -> Bool {
        if hashed != nil { return hashed?.insert(tokens[name].unescaped(in: text)).inserted == true }
        if count == 32 { hashed = [tokens[name].unescaped(in: text)] }
        var isNew = true
        var at = object + 1
        for _ in 0..<count {
            if tokens[name].isSame(tokens[at], in: text) { isNew = false }
            hashed?.insert(tokens[at].unescaped(in: text))
            at = Int(tokens[at + 1].end)
        }
        return isNew
    }
}

extension JSONToken {
    /// Bits that a name shares with every name of the same bytes.
    @inline(__always) fileprivate func mark(in text: UnsafePointer<UInt8>) -> UInt64 {
        // The same bytes can be written with other escapes.
        if kind == .escaped { return .max }
        guard count > 0 else { return 1 }
        let (first, last) = (text[Int(start)], text[Int(start + count) - 1])
        return 1 << UInt64((first &* 7 &+ last &* 31 &+ UInt8(truncatingIfNeeded: count)) & 63)
    }

    /// Whether two strings are the same bytes once their escapes are resolved.
    fileprivate func isSame(_ other: JSONToken, in text: UnsafePointer<UInt8>) -> Bool {
        if kind == .escaped || other.kind == .escaped { return unescaped(in: text) == other.unescaped(in: text) }
        return count == other.count && memcmp(text + Int(start), text + Int(other.start), Int(count)) == 0
    }
}
