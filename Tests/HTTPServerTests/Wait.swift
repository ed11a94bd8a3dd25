import Glibc

/// Waits for conditions.
enum Wait {
    struct TooLate: Error {}

    static func until(seconds: Int64 = 20, _ condition: () throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while try !condition() {
            guard ContinuousClock.now < end else { throw TooLate() }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// For a handler that is meant to block its thread.
enum Pause {
    static func shortly() { usleep(2_000) }
}
