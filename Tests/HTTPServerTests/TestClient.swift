import Glibc
import Linux
import Testing

/// A blocking HTTP client that can misbehave: it sends what it is told and reads answers one by one.
final class TestClient {
    struct Answer: Equatable {
        var status: Int
        var headers: [String: String]
        var body: String
    }

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    private let descriptor: FileDescriptor
    private var buffer: [UInt8] = []
    /// Whether the other end has cut the connection.
    private(set) var wasReset = false

    init(port: Int, receiveBuffer: Int32? = nil) throws {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(number >= 0)
        descriptor = FileDescriptor(owning: number)
        if var size = receiveBuffer {
            setsockopt(number, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failed(description: "connect: \(errno)") }
    }

    /// Sends everything, or as much as the other end takes before it closes.
    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor.rawValue, $0.baseAddress.map { $0 + start }, bytes.count - start, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else {
                wasReset = wasReset || errno == ECONNRESET || errno == EPIPE
                return
            }
            start += count
        }
    }

    /// Whether something waits to be read.
    var isReadable: Bool {
        var entry = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 1
    }

    /// Reads once, at most so many bytes, and forgets them.
    func takeBytes(_ count: Int) -> Int {
        var piece = [UInt8](repeating: 0, count: count)
        return max(0, recv(descriptor.rawValue, &piece, count, 0))
    }

    /// Sends until nothing has been taken for a while.
    ///
    /// - Returns: how many bytes went.
    func sendUntilFull(_ bytes: [UInt8]) -> Int {
        var start = 0
        while start < bytes.count {
            var entry = pollfd(fd: descriptor.rawValue, events: Int16(POLLOUT), revents: 0)
            guard poll(&entry, 1, 300) == 1 else { return start }
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor.rawValue, $0.baseAddress.map { $0 + start }, bytes.count - start,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            guard count > 0 else { return start }
            start += count
        }
        return start
    }

    func halfClose() { shutdown(descriptor.rawValue, Int32(SHUT_WR)) }

    /// Whether the other end has closed, with nothing left to read.
    func readsEnd() throws -> Bool {
        if !buffer.isEmpty { return false }
        return try !fill()
    }

    /// Everything up to the end, as text.
    func readToEnd() throws -> String {
        while try fill() {}
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    /// The next answer; interim ones too.
    func read(toHead: Bool = false) throws -> Answer {
        let head = try take(through: "\r\n\r\n")
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].dropFirst())
        }
        guard let status = lines.first.flatMap({ Int($0.split(separator: " ")[1]) }) else {
            throw Failed(description: "no status line")
        }
        var answer = Answer(status: status, headers: headers, body: "")
        if toHead || status < 200 || status == 204 || status == 304 { return answer }
        var body: [UInt8] = []
        if headers["transfer-encoding"] == "chunked" {
            while true {
                let size = Int(String(decoding: try take(through: "\r\n").dropLast(2), as: UTF8.self), radix: 16) ?? 0
                body += try take(size)
                _ = try take(through: "\r\n")
                if size == 0 { break }
            }
        } else if let length = headers["content-length"].flatMap({ Int($0) }) {
            body = try take(length)
        } else {
            while try fill() {}
            body = buffer
            buffer = []
        }
        answer.body = String(decoding: body, as: UTF8.self)
        return answer
    }

    /// Sends a request and reads its answer.
    func ask(_ request: String) throws -> Answer {
        send(request)
        return try read()
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try fill() else { throw Failed(description: "ended inside a body") }
        }
        let taken = Array(buffer[..<count])
        buffer.removeFirst(count)
        return taken
    }

    private func take(through end: String) throws -> [UInt8] {
        let end = Array(end.utf8)
        var from = 0
        while true {
            var index = from
            while index + end.count <= buffer.count {
                if Array(buffer[index..<(index + end.count)]) == end { return try take(index + end.count) }
                index += 1
            }
            from = index
            guard try fill() else {
                throw Failed(description: "ended inside a head: \(String(decoding: buffer.prefix(200), as: UTF8.self))")
            }
        }
    }

    private func fill() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor.rawValue, &piece, piece.count, 0)
        if count > 0 {
            buffer += piece[..<count]
            return true
        }
        let code = errno
        wasReset = wasReset || (count < 0 && code == ECONNRESET)
        if count < 0, code != ECONNRESET { throw Failed(description: "recv: \(code)") }
        return false
    }
}
