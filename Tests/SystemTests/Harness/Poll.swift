import Glibc

/// Waits with an end.
enum Poll {
    struct TooLate: Error, CustomStringConvertible {
        let description: String
    }

    /// - Returns: whether something can be read (or the other side has closed) within that time; -1 waits for ever.
    @discardableResult
    static func readable(_ descriptor: Int32, milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let count = poll(&entry, 1, milliseconds)
            if count < 0, errno == EINTR { continue }
            return count > 0
        }
    }

    /// Looks every few milliseconds until something is there.
    ///
    /// - Throws: `TooLate`, which says what was waited for, or what `look` throws.
    static func until<Value>(_ what: String, seconds: Double = 30, _ look: () throws -> Value?) throws -> Value {
        let clock = ContinuousClock()
        let deadline = clock.now + .milliseconds(Int64(seconds * 1_000))
        while true {
            if let value = try look() { return value }
            guard clock.now < deadline else { throw TooLate(description: "\(what): not after \(seconds) seconds") }
            usleep(5_000)
        }
    }

    static func until(_ what: String, seconds: Double = 30, isTrue: () throws -> Bool) throws {
        try until(what, seconds: seconds) { try isTrue() ? () : nil }
    }
}
