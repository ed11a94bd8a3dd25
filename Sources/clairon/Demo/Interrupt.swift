import Glibc
import Linux

/// Ctrl-C and SIGTERM, delivered to a thread that waits for them.
enum Interrupt {
    /// The end of the pipe that the handler writes to; set once, before the handler is installed.
    nonisolated(unsafe) private static var signalled: Int32 = -1

    /// Calls `body` once, on a thread of its own, when the first of them comes; the second ends the process.
    static func first(_ body: @escaping @Sendable () -> Void) throws(Errno) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .last("pipe") }
        signalled = ends[1]
        let reading = ends[0]
        _ = try Thread.start(named: "interrupt") {
            var byte: UInt8 = 0
            while read(reading, &byte, 1) < 0, errno == EINTR {}
            body()
        }
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in
            var byte: UInt8 = 1
            let error = errno
            _ = write(Interrupt.signalled, &byte, 1)
            errno = error
        }
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
        for signal in [SIGINT, SIGTERM] {
            guard sigaction(signal, &action, nil) == 0 else { throw .last("sigaction") }
        }
    }

    /// Waits for the first of them.
    static func wait() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do {
                try first { continuation.resume() }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
