import Core
import Glibc
import Linux

/// A blocking HTTP/1.1 client for one thread: `http` only, to an IPv4 address or `localhost`, one connection kept per host.
final class LoopbackClient {
    private var connections: [String: FileDescriptorBox] = [:]

    /// A descriptor in a dictionary, which holds copyable values only.
    private final class FileDescriptorBox {
        let descriptor: FileDescriptor
        init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
    }

    private static let timeoutSeconds = 10
    private static let maxHeadBytes = 65_536

    /// Sends a request and reads the answer whole.
    ///
    /// - Parameter address: host and port to connect to instead of the URL's.
    /// - Returns: the status, or nil when there was no complete answer.
    func send(_ callback: ProviderCallback, to address: String?) -> Int? {
        guard let (authority, target) = LoopbackClient.split(callback.url) else { return nil }
        let place = address ?? authority
        guard let connection = connections[place] ?? LoopbackClient.connect(to: place) else { return nil }
        connections[place] = nil
        var request = "\(callback.method) \(target) HTTP/1.1\r\nHost: \(authority)\r\nContent-Length: \(callback.body.count)\r\n"
        for (name, value) in callback.headers { request += "\(name): \(value)\r\n" }
        let bytes = Array((request + "\r\n").utf8) + callback.body
        guard LoopbackClient.write(bytes, to: connection.descriptor),
            let answer = LoopbackClient.readAnswer(from: connection.descriptor)
        else { return nil }
        if answer.keepsAlive { connections[place] = connection }
        return answer.status
    }

    /// Host and port, and path with query. An `https` URL is called in the clear: the target is this machine.
    static func split(_ url: String) -> (authority: String, target: String)? {
        guard let scheme = ["http://", "https://"].first(where: url.hasPrefix) else { return nil }
        let rest = url.utf8.dropFirst(scheme.utf8.count)
        guard rest.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        let authority = String(Substring(rest[..<end]))
        let tail = rest[end...].prefix { $0 != UInt8(ascii: "#") }
        let target = String(Substring(tail))
        guard !authority.isEmpty else { return nil }
        return (authority, target.hasPrefix("/") ? target : "/" + target)
    }

    private static func connect(to authority: String) -> FileDescriptorBox? {
        let parts = authority.utf8.split(separator: UInt8(ascii: ":")).map { String(Substring($0)) }
        guard let host = parts.first, let port = (parts.count == 2 ? parts[1] : "80").decimal, let port = UInt16(exactly: port) else {
            return nil
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host, &address.sin_addr) == 1 else { return nil }
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return nil }
        let box = FileDescriptorBox(FileDescriptor(owning: number))
        SocketTimeout.set(number, seconds: timeoutSeconds)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        return isConnected ? box : nil
    }

    private static func write(_ bytes: [UInt8], to descriptor: borrowing FileDescriptor) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 {
                if errno == EINTR { continue }
                return false
            }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private struct Answer {
        let status: Int
        let keepsAlive: Bool
    }

    private static func readAnswer(from descriptor: borrowing FileDescriptor) -> Answer? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        var head: (end: Int, answer: Answer, length: Int)?
        while true {
            if head == nil, let end = endOfHead(bytes) {
                guard let (answer, length) = parse(bytes[..<end]) else { return nil }
                head = (end, answer, length)
            }
            if let head, bytes.count >= head.end + head.length { return head.answer }
            guard bytes.count < maxHeadBytes else { return nil }
            let count = recv(descriptor.rawValue, &piece, piece.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            bytes += piece[..<count]
        }
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        let mark: [UInt8] = [13, 10, 13, 10]
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { bytes[$0..<($0 + 4)].elementsEqual(mark) }.map { $0 + 4 }
    }

    /// Status and Content-Length. An answer of unknown length is not waited for, and its connection not used again.
    private static func parse(_ head: ArraySlice<UInt8>) -> (Answer, Int)? {
        guard let text = String(validating: head, as: UTF8.self) else { return nil }
        let lines = text.utf8.split(separator: 10).map { Substring($0.last == 13 ? $0.dropLast() : $0) }
        guard let first = lines.first, first.hasPrefix("HTTP/1."), let code = first.split(separator: " ").dropFirst().first?.decimal,
            let status = Int(exactly: code)
        else { return nil }
        var length: Int?
        var keepsAlive = true
        for line in lines.dropFirst() {
            guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let name = line[..<colon].asciiLowercased
            let value = Substring(line[colon...].utf8.dropFirst().drop { $0 == 0x20 })
            if name == "content-length" { length = value.decimal.flatMap { Int(exactly: $0) } }
            if name == "connection", value.asciiLowercased == "close" { keepsAlive = false }
        }
        if status == 204 { length = 0 }
        return (Answer(status: status, keepsAlive: keepsAlive && length != nil), length ?? 0)
    }
}
