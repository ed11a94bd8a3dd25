internal import COpenSSL

/// The server's side of one TLS connection over a non-blocking socket. Loop thread only.
///
/// The process must ignore SIGPIPE, as `Server` sees to: libssl writes with write(2).
package final class TLSSession {
    package enum Outcome: Sendable, Equatable {
        /// So many bytes, more than zero.
        case moved(Int)
        /// Again once the socket is readable.
        case wantsRead
        /// Again once the socket is writable.
        case wantsWrite
        /// The other end has said that it finished (close_notify).
        case end
        /// The connection is broken, or was cut without close_notify: what came may be truncated (RFC 8446 §6.1).
        case failed
    }

    private let handle: OpaquePointer
    /// After a fatal error libssl must not be called again but to free.
    private var isBroken = false

    /// - Parameter descriptor: stays the caller's and must outlive this.
    package init(_ context: TLSContext, descriptor: Int32) throws(OpenSSLError) {
        ERR_clear_error()
        guard let handle = SSL_new(context.handle) else { throw .last("SSL_new") }
        guard SSL_set_fd(handle, descriptor) == 1 else {
            SSL_free(handle)
            throw .last("SSL_set_fd")
        }
        SSL_set_accept_state(handle)
        self.handle = handle
    }

    deinit { SSL_free(handle) }

    /// Whether the handshake is over.
    package var isEstablished: Bool { SSL_is_init_finished(handle) == 1 }

    /// Reads, and does what the handshake needs before.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        guard !isBroken else { return .failed }
        var count = 0
        ERR_clear_error()
        return outcome(of: SSL_read_ex(handle, buffer.baseAddress, buffer.count, &count), count)
    }

    package func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        guard !isBroken else { return .failed }
        guard !bytes.isEmpty else { return .wantsWrite }
        var count = 0
        ERR_clear_error()
        return outcome(of: SSL_write_ex(handle, bytes.baseAddress, bytes.count, &count), count)
    }

    /// Says that nothing more comes. Reading goes on.
    package func sendClose() {
        guard !isBroken, isEstablished else { return }
        ERR_clear_error()
        SSL_shutdown(handle)
        ERR_clear_error()
    }

    private func outcome(of result: Int32, _ count: Int) -> Outcome {
        if result == 1 { return .moved(count) }
        defer { ERR_clear_error() }
        switch SSL_get_error(handle, result) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .end
        default:
            isBroken = true
            return .failed
        }
    }
}
