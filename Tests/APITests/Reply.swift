import Core
import Glibc

/// An HTTP/1.1 answer as it came over the wire.
struct Reply: Sendable {
    struct Broken: Error { let text: String }

    let status: Int
    /// Names in lower case.
    let headers: [(name: String, value: String)]
    let body: [UInt8]

    init(_ bytes: [UInt8]) throws {
        let end = Array("\r\n\r\n".utf8)
        guard let head = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else {
            throw Broken(text: String(decoding: bytes, as: UTF8.self))
        }
        let lines = String(decoding: bytes[..<head], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first?.decimal else { throw Broken(text: "no status line") }
        self.status = Int(status)
        headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (String(parts[0]).asciiLowercased, parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
        let content = Array(bytes[(head + end.count)...])
        let isChunked = headers.contains { $0.name == "transfer-encoding" && $0.value == "chunked" }
        // The answer to HEAD has the header and no chunks.
        body = isChunked && !content.isEmpty ? try Reply.unchunked(content) : content
    }

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    var code: String? { json["code"]?.string }
    var pointers: [String] { json["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? [] }
    var text: String { String(decoding: body, as: UTF8.self) }

    private static func unchunked(_ bytes: [UInt8]) throws -> [UInt8] {
        var out: [UInt8] = []
        var at = 0
        while let end = bytes[at...].firstIndex(of: 0x0D) {
            guard let size = Int(String(decoding: bytes[at..<end], as: UTF8.self), radix: 16), end + 2 + size <= bytes.count else { break }
            if size == 0 { return out }
            out += bytes[(end + 2)..<(end + 2 + size)]
            at = end + 2 + size + 2
        }
        throw Broken(text: "the chunks end early")
    }
}

/// Blocking sockets to 127.0.0.1.
enum Loopback {
    struct Failure: Error { let call: String }

    /// Sends `bytes` and reads until the other end closes.
    static func exchange(_ bytes: [UInt8], port: Int) throws -> [UInt8] {
        let number = try connection(to: port)
        defer { close(number) }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            // A server that refuses a body stops reading it: its answer is there all the same.
            guard count > 0 else { break }
            sent += count
        }
        return rest(of: number)
    }

    /// An open socket, which the caller closes.
    static func connection(to port: Int) throws -> Int32 {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw Failure(call: "socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard connected == 0 else {
            close(number)
            throw Failure(call: "connect")
        }
        return number
    }

    /// Reads until the other end closes.
    static func rest(of number: Int32) -> [UInt8] {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(number, &buffer, buffer.count, 0)
            guard count > 0 else { return received }
            received += buffer[..<count]
        }
    }
}
