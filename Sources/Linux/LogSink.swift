import Glibc
import Synchronization

/// Where log lines go: a descriptor, standard error in the program. A reader that does not read, or has gone, stops nobody:
/// what does not fit is dropped and counted, and the count is written as soon as there is room.
package final class LogSink: Sendable {
    package static let standardError = LogSink(descriptor: 2)

    private let descriptor: Int32
    private let droppedLines = Atomic<Int>(0)
    /// Of them, those that no line has told of. Who holds it writes.
    private let untold = Lock(0)

    /// - Parameter descriptor: a pipe, a socket, a terminal or a file; stays the caller's.
    package init(descriptor: Int32) { self.descriptor = descriptor }

    /// Lines lost so far.
    package var dropped: Int { droppedLines.load(ordering: .relaxed) }

    /// Writes a line of at most PIPE_BUF bytes, or drops it. Any thread; never blocks.
    ///
    /// - Parameter note: makes the line that says how many were dropped.
    package func write(_ line: [UInt8], note: (Int) -> [UInt8]) {
        untold.withLock { lost in
            if lost > 0, put(note(lost)) { lost = 0 }
            guard lost > 0 || !put(line) else { return }
            lost += 1
            droppedLines.add(1, ordering: .relaxed)
        }
    }

    /// poll(2) says that a pipe is writable while PIPE_BUF bytes fit, so the write that follows does not wait. O_NONBLOCK would
    /// be shared with every other holder of the pipe or terminal.
    private func put(_ line: [UInt8]) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&entry, 1, 0) == 1, entry.revents & Int16(POLLOUT) != 0, entry.revents & Int16(POLLERR | POLLNVAL) == 0 else {
            return false
        }
        return line.withUnsafeBytes { bytes in
            let sent = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            if sent >= 0 || errno != ENOTSOCK { return sent == bytes.count }
            return Glibc.write(descriptor, bytes.baseAddress, bytes.count) == bytes.count
        }
    }
}
