import Glibc
import Linux

/// Bytes in the clear over a TCP socket.
final class SocketTransport: ByteTransport {
    private let descriptor: FileDescriptor

    var rawDescriptor: Int32 { descriptor.rawValue }

    let wantsToWrite = false
    let isEstablished = true

    init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
        var one: Int32 = 1
        // Answers are written whole: waiting for an acknowledgement first would only add latency.
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = setsockopt(self.descriptor.rawValue, Int32(IPPROTO_TCP), TCP_NODELAY, &one, size)
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransportOutcome {
        while true {
            let count = recv(descriptor.rawValue, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .moved(count) }
            if count == 0 { return .end }
            let code = errno
            if code == EINTR { continue }
            return code == EAGAIN ? .blocked : .failed
        }
    }

    func send(_ bytes: UnsafeRawBufferPointer) -> TransportOutcome {
        while true {
            // MSG_NOSIGNAL: a peer that has gone is an error here, not a SIGPIPE for the process.
            let count = Glibc.send(descriptor.rawValue, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .moved(count) }
            let code = errno
            if code == EINTR { continue }
            return code == EAGAIN ? .blocked : .failed
        }
    }

    func closeWriting() {
        _ = shutdown(descriptor.rawValue, Int32(SHUT_WR))
    }
}
