/// The writing end of a streamed answer.
package struct ResponseWriter: Sendable {
    let loop: EventLoop
    let exchange: Exchange

    /// Sends a piece, and waits while the other end is slow to take what was written before.
    ///
    /// - Throws: `disconnected` or `timeout`; nothing more can be written then.
    package func write(_ bytes: [UInt8]) async throws(BodyError) {
        guard !bytes.isEmpty else { return }
        let outcome = await withUnsafeContinuation { continuation in
            loop.tell(.write(exchange, bytes, continuation))
        }
        if try outcome.get() { await Task.yield() }
    }

    /// Cuts the connection, so that what was sent is not mistaken for the whole.
    package func abort() async {
        await withUnsafeContinuation { continuation in
            loop.tell(.abort(exchange, continuation))
        }
    }
}
