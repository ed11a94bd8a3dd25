import Glibc
import Linux

/// An HTTP/1.1 peer on a real loopback socket that does to each connection what a script says.
///
/// One thread takes the connections one after the other. Ends with `stop`.
final class ScriptedPeer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let thread: Thread
    private let state: Lock<State>

    private struct State {
        var requests: [String] = []
        var connections = 0
        var current: Int32 = -1
    }

    /// - Parameter script: gets each connection and its number, from 1; the connection closes when it returns.
    init(_ script: @escaping @Sendable (PeerConnection, Int) -> Void) throws {
        let (listener, port) = try Loopback.listen()
        self.listener = listener
        self.port = port
        let state = Lock(State())
        self.state = state
        thread = try Thread.start(named: "peer") {
            while true {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else { return }
                let number = state.withLock { state in
                    state.connections += 1
                    state.current = socket
                    return state.connections
                }
                script(PeerConnection(socket: socket) { request in
                    state.withLock { $0.requests.append(request) }
                }, number)
                state.withLock { $0.current = -1 }
                close(socket)
            }
        }
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// Heads and bodies of the whole requests seen so far.
    var requests: [String] { state.withLock { $0.requests } }
    var connections: Int { state.withLock { $0.connections } }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        state.withLock { state in
            if state.current >= 0 { shutdown(state.current, Int32(SHUT_RDWR)) }
        }
        thread.join()
        close(listener)
    }
}

/// The peer's end of one connection.
struct PeerConnection {
    let socket: Int32
    let note: (String) -> Void

    /// The next request with its whole body, by Content-Length; nil when the client has gone.
    func receive() -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard recv(socket, &byte, 1, 0) == 1 else { return nil }
            bytes.append(byte)
        }
        let head = String(decoding: bytes, as: UTF8.self)
        let length = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
            .flatMap { Int($0.dropFirst(16)) } ?? 0
        bytes.removeAll()
        while bytes.count < length {
            guard recv(socket, &byte, 1, 0) == 1 else { return nil }
            bytes.append(byte)
        }
        let request = head + String(decoding: bytes, as: UTF8.self)
        note(request)
        return request
    }

    func send(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let sent = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return }
            bytes = bytes.dropFirst(sent)
        }
    }

    func answer(_ status: String = "200 OK", headers: String = "", body: String = "") {
        send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }

    /// Waits until the client closes.
    func waitForEnd() {
        var byte: UInt8 = 0
        while recv(socket, &byte, 1, 0) > 0 {}
    }
}

enum Loopback {
    /// A listening socket on 127.0.0.1 and the port that the system picked.
    static func listen(backlog: Int32 = 64) throws -> (socket: Int32, port: UInt16) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failure = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) | Glibc.listen(listener, backlog) | getsockname(listener, $0, &length)
            }
        }
        guard listener >= 0, failure == 0 else { throw Errno.last("listen") }
        return (listener, UInt16(bigEndian: address.sin_port))
    }
}
