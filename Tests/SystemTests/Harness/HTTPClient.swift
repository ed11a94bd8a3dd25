import Core
import Glibc
import Linux

/// A blocking HTTP/1.1 client for loopback: one request a connection. Written for the tests alone, so that the server is not
/// judged by its own codec.
struct HTTPClient {
    struct Answer {
        let status: Int
        /// Names in lower case.
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    }

    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    let port: Int
    var timeoutSeconds = 120

    func send(_ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil) throws -> Answer {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard number >= 0 else { throw Errno.last("socket") }
        let connection = FileDescriptor(owning: number)
        try prepare(number)
        var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        let request = Array((head + "\r\n").utf8) + (body ?? [])
        var sent = 0
        while sent < request.count {
            let count = request[sent...].withUnsafeBytes { Glibc.send(connection.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            // The answer may come before the end of the body, and say why.
            guard count > 0 else { break }
            sent += count
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(connection.rawValue, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        return try HTTPClient.parse(answer, of: "\(method) \(path)")
    }

    private func prepare(_ number: Int32) throws {
        var patience = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(number, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw Errno.last("connect") }
    }

    private static func parse(_ bytes: [UInt8], of request: String) throws -> Answer {
        guard let end = bytes.indices.dropLast(3).first(where: { bytes[$0...].starts(with: "\r\n\r\n".utf8) }) else {
            throw Broken(description: "\(request): no whole answer")
        }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Broken(description: "\(request): no status")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].drop { $0 == " " }.description
        }
        let body = Array(bytes[(end + 4)...])
        guard headers["transfer-encoding"] == "chunked" else {
            if let length = headers["content-length"].flatMap({ Int($0) }), length != body.count {
                throw Broken(description: "\(request): \(body.count) of \(length) bytes")
            }
            return Answer(status: status, headers: headers, body: body)
        }
        return Answer(status: status, headers: headers, body: try joined(chunks: body, of: request))
    }

    private static func joined(chunks: [UInt8], of request: String) throws -> [UInt8] {
        var out: [UInt8] = []
        var rest = chunks[...]
        while let lineEnd = rest.firstIndex(of: 0x0D) {
            guard let size = Int(String(decoding: rest[..<lineEnd], as: UTF8.self), radix: 16), size >= 0,
                rest.endIndex - lineEnd - 2 >= size
            else { break }
            if size == 0 { return out }
            out += rest[(lineEnd + 2)..<(lineEnd + 2 + size)]
            rest = rest[(lineEnd + 2 + size)...].dropFirst(2)
        }
        throw Broken(description: "\(request): the chunks do not end")
    }
}
