import Glibc
import Linux
import OpenSSL

/// Bytes through TLS over a TCP socket.
final class TLSTransport: ByteTransport {
    private let socket: SocketTransport
    private let session: TLSSession
    private(set) var wantsToWrite = false

    var rawDescriptor: Int32 { socket.rawDescriptor }
    var isEstablished: Bool { session.isEstablished }

    init(_ socket: SocketTransport, _ context: TLSContext) throws(OpenSSLError) {
        self.socket = socket
        session = try TLSSession(context, descriptor: socket.rawDescriptor)
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransportOutcome { outcome(of: session.read(into: buffer)) }

    func send(_ bytes: UnsafeRawBufferPointer) -> TransportOutcome { outcome(of: session.write(bytes)) }

    func closeWriting() {
        session.sendClose()
        socket.closeWriting()
    }

    private func outcome(of result: TLSSession.Outcome) -> TransportOutcome {
        wantsToWrite = result == .wantsWrite
        return switch result {
        case .moved(let count): .moved(count)
        case .wantsRead, .wantsWrite: .blocked
        case .end: .end
        case .failed: .failed
        }
    }
}
